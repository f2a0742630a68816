import Foundation

/// What a stock program has said, and how it ended.
package struct StockRun {
    package let output: [UInt8]
    package let errors: [UInt8]
    package let status: Int32

    package var text: String { String(decoding: output, as: UTF8.self) }
}

/// A stock program that was to succeed and did not.
package struct StockFailure: Error {
    package let command: [String]
    package let status: Int32
    package let message: String
}

/// Runs a program found in `PATH`, through files: neither side waits for a pipe.
///
/// - Parameter directory: where it runs; nil for where the tests do.
package func runStock(_ command: [String], input: [UInt8] = [], in directory: URL? = nil) throws -> StockRun {
    let scratch = FileManager.default.temporaryDirectory.appending(path: "stock-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    let (given, output, errors) = (
        scratch.appending(path: "input"), scratch.appending(path: "output"), scratch.appending(path: "errors")
    )
    try Data(input).write(to: given)
    try Data().write(to: output)
    try Data().write(to: errors)
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command
    process.currentDirectoryURL = directory ?? process.currentDirectoryURL
    process.standardInput = try FileHandle(forReadingFrom: given)
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    process.waitUntilExit()
    return StockRun(
        output: Array(try Data(contentsOf: output)), errors: Array(try Data(contentsOf: errors)),
        status: process.terminationStatus)
}

/// The same; anything but success is an error.
package func stockOutput(_ command: [String], input: [UInt8] = []) throws -> [UInt8] {
    let run = try runStock(command, input: input)
    guard run.status == 0 else {
        throw StockFailure(
            command: command, status: run.status, message: String(decoding: run.errors + run.output, as: UTF8.self))
    }
    return run.output
}

/// Runs a program that prints nothing of interest; anything but success is an error.
package func runTool(_ command: String...) throws { _ = try stockOutput(command) }

/// Starts a program found in `PATH`, which goes its own way.
package func startTool(_ command: String...) throws -> Process {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command
    try process.run()
    return process
}

/// Runs a line of bash with `pipefail`; `arguments` are `$1`, `$2` and so on. Returns what it printed.
@discardableResult
package func bash(_ script: String, _ arguments: String..., input: String = "") throws -> String {
    let output = try stockOutput(
        ["bash", "-c", "set -euo pipefail; " + script, "bash"] + arguments, input: Array(input.utf8))
    return String(decoding: output, as: UTF8.self).trimmingCharacters(in: .newlines)
}

/// Runs a Python program text and returns what it printed; `arguments` are `sys.argv[1]` and so on.
@discardableResult
package func python(_ program: String, _ arguments: String...) throws -> String {
    String(decoding: try stockOutput(["LC_ALL=C.UTF-8", "python3", "-c", program] + arguments), as: UTF8.self)
}

/// Runs a Python file of this repository.
package func python(file: String, _ arguments: String..., input: [UInt8] = []) throws -> String {
    let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    let path = repository.appending(path: file).path(percentEncoded: false)
    return String(
        decoding: try stockOutput(["LC_ALL=C.UTF-8", "python3", path] + arguments, input: input), as: UTF8.self)
}
