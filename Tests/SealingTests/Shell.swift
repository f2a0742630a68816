import Foundation

/// A stock command line that failed: what it said.
struct ShellFailure: Error {
    let script: String
    let status: Int32
    let message: String
}

/// Runs a line of bash with `pipefail`; `arguments` are `$1`, `$2` and so on. Returns what it printed.
@discardableResult
func bash(_ script: String, _ arguments: String...) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments = ["-c", "set -euo pipefail; " + script, "bash"] + arguments
    let output = FileManager.default.temporaryDirectory.appending(path: "shell-\(UUID().uuidString)")
    let errors = FileManager.default.temporaryDirectory.appending(path: "shell-\(UUID().uuidString)")
    defer {
        try? FileManager.default.removeItem(at: output)
        try? FileManager.default.removeItem(at: errors)
    }
    try Data().write(to: output)
    try Data().write(to: errors)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    process.waitUntilExit()
    if process.terminationStatus != 0 {
        let message = String(decoding: try Data(contentsOf: errors), as: UTF8.self)
        throw ShellFailure(script: script, status: process.terminationStatus, message: message)
    }
    let text = String(decoding: try Data(contentsOf: output), as: UTF8.self)
    return text.trimmingCharacters(in: .newlines)
}
