import Foundation

/// A Python program that failed: what it said.
struct PythonFailure: Error {
    let message: String
}

/// Runs a program text and returns what it printed; `arguments` are `sys.argv[1]` and so on.
@discardableResult
func python(_ program: String, _ arguments: String...) throws -> String {
    try run(["-c", program] + arguments)
}

/// Runs a file of this repository.
func python(file: String, _ arguments: String...) throws -> String {
    let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    return try run([repository.appending(path: file).path(percentEncoded: false)] + arguments)
}

private func run(_ arguments: [String]) throws -> String {
    let output = FileManager.default.temporaryDirectory.appending(path: "python-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: output) }
    try Data().write(to: output)
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["LC_ALL=C.UTF-8", "python3"] + arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = process.standardOutput
    try process.run()
    process.waitUntilExit()
    let text = String(decoding: try Data(contentsOf: output), as: UTF8.self)
    if process.terminationStatus != 0 { throw PythonFailure(message: text) }
    return text
}
