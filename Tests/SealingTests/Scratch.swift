import Age
import Foundation
import SystemPackage

/// A directory that goes when its owner does.
final class Scratch: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "sealing-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    /// A path in it.
    func path(_ name: String) -> FilePath { FilePath(url.appending(path: name).path(percentEncoded: false)) }

    func text(_ name: String) -> String { path(name).string }

    func write(_ bytes: [UInt8], to name: String) throws -> FilePath {
        try Data(bytes).write(to: url.appending(path: name))
        return path(name)
    }

    func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: url.appending(path: name))) }

    /// Everything in it, hidden files included.
    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: url.path(percentEncoded: false)).sorted() }
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }
}

/// A new identity, and its file for stock age.
struct TestKey {
    let identity = AgeIdentity.generate()
    let file: FilePath

    init(in scratch: Scratch) throws {
        var text: [UInt8] = []
        identity.withText { line in text = line.indices.map { line[$0] } }
        file = try scratch.write(text + [10], to: "key-\(UUID().uuidString)")
    }

    var recipient: AgeRecipient { identity.recipient }
}

/// Compared here, so that a failure does not print megabytes.
func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool { left == right }
