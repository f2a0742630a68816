// The framing of a Btrfs send stream, after the kernel's fs/btrfs/send.h.
//
//   stream   = "btrfs-stream" NUL, version (32 bits), commands
//   command  = length of the attributes (32 bits), kind (16 bits), CRC-32C (32 bits), attributes
//   attribute = kind (16 bits), length (16 bits), value
//
// Numbers are little-endian. The checksum covers the whole command with its own field taken as zero; it starts
// from 0 and is not inverted. Since version 2 the DATA attribute has no length: it reaches to the end of its command.

enum SendStreamFormat {
    static let magic: [UInt8] = Array("btrfs-stream".utf8) + [0]
    static let headerSize = 17
    static let commandHeaderSize = 10
    static let attributeHeaderSize = 4

    /// In version 1 no command is larger than 64 KiB, its header included; later ones set no limit.
    static let largestCommandOfVersion1 = 1 << 16

    /// A first command holds a name and some numbers.
    static let largestFirstCommand = 1 << 13
}

/// The kinds of command that the framing depends on.
enum SendCommand {
    static let subvolume: UInt16 = 1
    static let snapshot: UInt16 = 2
    static let link: UInt16 = 10
    static let end: UInt16 = 21

    static func isKnown(_ kind: UInt16, version: UInt32) -> Bool {
        kind >= 1 && kind <= (version == 1 ? 22 : 25)
    }
}

/// The kinds of attribute that the framing and the first command depend on.
enum SendAttribute {
    static let uuid: UInt16 = 1
    static let generation: UInt16 = 2
    static let path: UInt16 = 15
    static let pathTo: UInt16 = 16
    static let pathLink: UInt16 = 17
    static let data: UInt16 = 19
    static let cloneUUID: UInt16 = 20
    static let cloneGeneration: UInt16 = 21
    static let clonePath: UInt16 = 22

    static func isKnown(_ kind: UInt16, version: UInt32) -> Bool {
        kind >= 1 && kind <= (version == 1 ? 24 : 31)
    }
}

extension Span<UInt8> {
    func littleEndian16(at place: Int) -> UInt16 {
        UInt16(self[place]) | UInt16(self[place + 1]) << 8
    }

    func littleEndian32(at place: Int) -> UInt32 {
        UInt32(littleEndian16(at: place)) | UInt32(littleEndian16(at: place + 2)) << 16
    }

    func littleEndian64(at place: Int) -> UInt64 {
        UInt64(littleEndian32(at: place)) | UInt64(littleEndian32(at: place + 4)) << 32
    }
}
