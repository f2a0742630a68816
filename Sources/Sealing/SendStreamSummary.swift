/// Which snapshot a stream carries: its first command.
package struct SendStreamSubvolume: Sendable, Equatable {
    /// The snapshot's own name, without a directory.
    package let name: String
    /// What `btrfs receive` will record as Received UUID.
    package let uuid: SubvolumeUUID
    /// The snapshot this one is an increment to; nil for a full stream.
    package let parentUUID: SubvolumeUUID?
    /// The snapshot's generation when it was sent.
    package let ctransid: UInt64
}

/// A whole send stream whose framing is sound.
package struct SendStreamSummary: Sendable, Equatable {
    /// 1 or 2.
    package let version: UInt32
    package let subvolume: SendStreamSubvolume
    /// How many, the first and END included.
    package let commands: UInt64
    /// Length of the stream.
    package let bytes: UInt64

    package var name: String { subvolume.name }
    package var uuid: SubvolumeUUID { subvolume.uuid }
    package var parentUUID: SubvolumeUUID? { subvolume.parentUUID }
    package var ctransid: UInt64 { subvolume.ctransid }
}

extension SendStreamSubvolume {
    /// Parses the attributes of a SUBVOL or SNAPSHOT command: each of the kernel's exactly once, nothing else.
    init(attributes: Span<UInt8>, isSnapshot: Bool, offset: UInt64) throws(SendStreamError) {
        func failure(_ what: String) -> SendStreamError { SendStreamError(reason: .subvolume(what), offset: offset) }
        var values: [UInt16: Range<Int>] = [:]
        var place = 0
        while place < attributes.count {
            let start = place + SendStreamFormat.attributeHeaderSize
            guard start <= attributes.count else { throw SendStreamError(reason: .attributes, offset: offset) }
            let end = start + Int(attributes.littleEndian16(at: place + 2))
            guard end <= attributes.count else { throw SendStreamError(reason: .attributes, offset: offset) }
            let kind = attributes.littleEndian16(at: place)
            guard values.updateValue(start..<end, forKey: kind) == nil else { throw failure("says something twice") }
            place = end
        }
        guard let nameRange = values.removeValue(forKey: SendAttribute.path) else { throw failure("has no name") }
        guard let uuid = values.removeValue(forKey: SendAttribute.uuid).flatMap({ Self.uuid(attributes, $0) })
        else { throw failure("has no uuid") }
        guard let generation = values.removeValue(forKey: SendAttribute.generation), generation.count == 8
        else { throw failure("has no generation") }
        var parent: SubvolumeUUID?
        if isSnapshot {
            parent = values.removeValue(forKey: SendAttribute.cloneUUID).flatMap { Self.uuid(attributes, $0) }
            let parentGeneration = values.removeValue(forKey: SendAttribute.cloneGeneration)
            guard parent != nil, parentGeneration?.count == 8 else { throw failure("does not name its parent") }
        }
        guard values.isEmpty else { throw failure("holds more than it should") }
        guard let name = Self.name(attributes, nameRange) else { throw failure("has a name that is not valid") }
        self.name = name
        self.uuid = uuid
        self.parentUUID = parent
        self.ctransid = attributes.littleEndian64(at: generation.lowerBound)
    }

    private static func uuid(_ attributes: Span<UInt8>, _ range: Range<Int>) -> SubvolumeUUID? {
        SubvolumeUUID(range.map { attributes[$0] })
    }

    /// A plain name in UTF-8: nothing that leads out of a directory.
    private static func name(_ attributes: Span<UInt8>, _ range: Range<Int>) -> String? {
        let bytes = range.map { attributes[$0] }
        guard !bytes.contains(UInt8(ascii: "/")), !bytes.contains(0) else { return nil }
        guard let name = String(validating: bytes, as: UTF8.self) else { return nil }
        return name.isEmpty || name == "." || name == ".." ? nil : name
    }
}
