import CCRC32C

@testable import Sealing

/// Well-formed commands of version 2 at a few paths, encoded writes among them: whatever the inspector lets pass, data
/// never reach what is a link or a device by a plain reading of the names, and nothing leads through one.
///
/// Each command takes four bytes of the input: its kind, two of a few paths, and a number. The first byte of the input
/// says whether the stream is an increment to a small tree that holds a link and a device.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzStreamCommands(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = fuzzInput(start, count)
    guard input.count >= 5 else { return 0 }
    let isIncrement = input[0] & 1 == 1
    var stream = Commands(isIncrement: isIncrement)
    var model = Model(isIncrement: isIncrement)
    var wrongAt: Int?
    for (number, place) in stride(from: 1, to: input.count - 3, by: 4).enumerated() where wrongAt == nil {
        let kind = UInt16(input[place] % 23) + 3
        guard kind != 21 else { continue }
        let path = Commands.paths[Int(input[place + 1]) % Commands.paths.count]
        let other = Commands.paths[Int(input[place + 2]) % Commands.paths.count]
        stream.add(kind, path, other, input[place + 3])
        if !model.allows(kind, path, other, input[place + 3]) { wrongAt = number }
    }
    stream.end()
    var inspector = SendStreamInspector(parent: isIncrement ? Parent() : nil)
    do throws(SendStreamError) {
        try inPieces(stream.bytes, Array(input.prefix(3))) { (piece) throws(SendStreamError) in
            try inspector.update(piece)
        }
        _ = try inspector.finish()
        require(wrongAt == nil, "what a plain reading of the names forbids is refused")
    } catch {
        require(!error.description.isEmpty, "an error has words")
    }
    return 0
}

/// The tree that an increment starts from: a link `l`, a device `d/v`, files `f` and `d/f`.
private struct Parent: ParentObjects {
    static let objects: [String: StreamTree.Object] = [
        "": .plain, "l": .symbolicLink, "d": .plain, "d/v": .special, "d/f": .plain, "f": .plain,
    ]

    func object(at path: [UInt8]) throws(StreamTree.CommandError) -> StreamTree.Object {
        let path = String(decoding: path, as: UTF8.self)
        if path.hasPrefix("l/") || path.hasPrefix("d/v/") || path.hasPrefix("f/") || path.hasPrefix("d/f/") {
            throw .path
        }
        return Self.objects[path] ?? .absent
    }
}

private struct Commands {
    static let paths = ["a", "b", "d", "f", "l", "a/f", "a/l", "d/f", "d/v", "d/a", "l/f", "a/b/f"]
    static let uuid = Array<UInt8>(1...16)
    static let parent = Array<UInt8>(101...116)

    private(set) var bytes = Array("btrfs-stream".utf8) + [0, 2, 0, 0, 0]

    init(isIncrement: Bool) {
        var first = Self.attribute(15, Array("s".utf8)) + Self.attribute(1, Self.uuid)
        first += Self.attribute(2, Self.little(1, 8))
        if isIncrement { first += Self.attribute(20, Self.parent) + Self.attribute(21, Self.little(1, 8)) }
        command(isIncrement ? 2 : 1, first)
    }

    mutating func add(_ kind: UInt16, _ path: String, _ other: String, _ number: UInt8) {
        var attributes = Self.attribute(15, Array(path.utf8))
        switch kind {
        case 8, 10: attributes += Self.attribute(17, Array(other.utf8))
        case 9: attributes += Self.attribute(16, Array(other.utf8))
        case 15: attributes += Self.little(19, 2) + [number]
        case 16:
            attributes += Self.attribute(22, Array(other.utf8))
            attributes += Self.attribute(20, number & 1 == 0 ? Self.uuid : Self.parent)
        case 23: attributes += Self.attribute(25, Self.little(UInt64(number & 3), 4))
        case 25:
            for (kind, value) in [(27, number), (28, 200), (29, number & 0x7f), (30, number & 15)] as [(UInt16, UInt8)]
            {
                attributes += Self.attribute(kind, Self.little(UInt64(value), 8))
            }
            attributes += Self.little(19, 2) + [number]
        default: break
        }
        command(kind, attributes)
    }

    mutating func end() { command(21, []) }

    private mutating func command(_ kind: UInt16, _ attributes: [UInt8]) {
        let head = Self.little(UInt64(attributes.count), 4) + Self.little(UInt64(kind), 2)
        let whole = head + [0, 0, 0, 0] + attributes
        bytes += head + Self.little(UInt64(ccrc32c_update_portable(0, whole, whole.count)), 4) + attributes
    }

    private static func attribute(_ kind: UInt16, _ value: [UInt8]) -> [UInt8] {
        little(UInt64(kind), 2) + little(UInt64(value.count), 2) + value
    }

    private static func little(_ number: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: number >> UInt64($0 * 8)) }
    }
}

/// Every name and what stands under it, kept in the plainest way.
private struct Model {
    /// True for a link or a device.
    private var isSpecial: [String: Bool]

    init(isIncrement: Bool) {
        isSpecial = isIncrement ? ["l": true, "d": false, "d/v": true, "d/f": false, "f": false] : [:]
    }

    /// Whether nothing reaches, or leads through, a link or a device; the tree is as it is afterwards.
    mutating func allows(_ kind: UInt16, _ path: String, _ other: String, _ number: UInt8) -> Bool {
        if leadsThroughSpecial(path) { return false }
        switch kind {
        case 3, 4: return make(path, false)
        case 5, 6, 7, 8: return make(path, true)
        case 9:
            if leadsThroughSpecial(other) || isSpecial[other] == true { return false }
            let moved = isSpecial.filter { $0.key == path || $0.key.hasPrefix(path + "/") }
            for (key, value) in moved {
                isSpecial[key] = nil
                isSpecial[other + key.dropFirst(path.count)] = value
            }
        case 10:
            if leadsThroughSpecial(other) || isSpecial[path] == true { return false }
            isSpecial[path] = isSpecial[other] ?? false
        case 11, 12: isSpecial = isSpecial.filter { $0.key != path && !$0.key.hasPrefix(path + "/") }
        case 15, 16, 17, 18, 22, 23, 25: return isSpecial[path] != true || kind == 18
        default: break
        }
        return true
    }

    private mutating func make(_ path: String, _ special: Bool) -> Bool {
        if isSpecial[path] == true { return false }
        isSpecial[path] = special
        return true
    }

    private func leadsThroughSpecial(_ path: String) -> Bool {
        var prefix = path
        while let slash = prefix.lastIndex(of: "/") {
            prefix = String(prefix[..<slash])
            if isSpecial[prefix] == true { return true }
        }
        return false
    }
}
