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

/// Words in an order that a seed decides: compressible, but not to nothing.
func mixedBytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 8)
    while bytes.count < count {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let word = state >> 40 & 0xff < 64 ? state >> 33 : state >> 58
        withUnsafeBytes(of: word) { bytes.append(contentsOf: $0) }
    }
    return Array(bytes.prefix(count))
}

/// Compared here, so that a failure does not print megabytes.
func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool { left == right }
