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

    /// The most bytes of a command, its header included, that the kernel's buffer holds (fs/btrfs/send.h): 64 KiB in
    /// version 1; in version 2 16 KiB and an extent, up to a whole number of pages, which have 64 KiB at most.
    static func largestCommand(version: UInt32) -> Int { version == 1 ? 1 << 16 : 192 << 10 }

    /// A first command holds a name and some numbers.
    static let largestFirstCommand = 1 << 13

    /// `PATH_MAX`
    static let longestPath = 4096

    /// Bytes of a compressed extent before compression, at most: `BTRFS_MAX_UNCOMPRESSED`.
    static let largestExtent: UInt64 = 128 << 10
}

/// The kinds of command.
enum SendCommand {
    static let subvolume: UInt16 = 1
    static let snapshot: UInt16 = 2
    static let makeFile: UInt16 = 3
    static let makeDirectory: UInt16 = 4
    static let makeNode: UInt16 = 5
    static let makeFifo: UInt16 = 6
    static let makeSocket: UInt16 = 7
    static let symbolicLink: UInt16 = 8
    static let rename: UInt16 = 9
    static let link: UInt16 = 10
    static let unlink: UInt16 = 11
    static let removeDirectory: UInt16 = 12
    static let write: UInt16 = 15
    static let clone: UInt16 = 16
    static let truncate: UInt16 = 17
    static let changeMode: UInt16 = 18
    static let end: UInt16 = 21
    static let updateExtent: UInt16 = 22
    static let allocate: UInt16 = 23
    static let encodedWrite: UInt16 = 25

    static func isKnown(_ kind: UInt16, version: UInt32) -> Bool {
        kind >= 1 && kind <= (version == 1 ? 22 : 25)
    }

    /// Whether an attribute is the command's, of those that others are judged by.
    static func mayHave(_ attribute: UInt16, _ kind: UInt16) -> Bool {
        switch attribute {
        case SendAttribute.path: kind != end
        case SendAttribute.pathTo: kind == rename
        case SendAttribute.pathLink: kind == link || kind == symbolicLink
        case SendAttribute.clonePath, SendAttribute.cloneUUID, SendAttribute.cloneGeneration: kind == clone
        case SendAttribute.data: kind == write || kind == encodedWrite
        default: true
        }
    }

    /// The attributes without which it is not clear what the command is about.
    static func required(_ kind: UInt16) -> [UInt16] {
        switch kind {
        case subvolume, snapshot, end: []
        case rename: [SendAttribute.path, SendAttribute.pathTo]
        case link, symbolicLink: [SendAttribute.path, SendAttribute.pathLink]
        case clone: [SendAttribute.path, SendAttribute.cloneUUID, SendAttribute.clonePath]
        case allocate: [SendAttribute.path, SendAttribute.allocationMode]
        default: [SendAttribute.path]
        }
    }
}

/// The kinds of attribute that a stream is judged by.
enum SendAttribute {
    static let uuid: UInt16 = 1
    static let size: UInt16 = 4
    static let generation: UInt16 = 2
    static let path: UInt16 = 15
    static let pathTo: UInt16 = 16
    static let pathLink: UInt16 = 17
    static let fileOffset: UInt16 = 18
    static let data: UInt16 = 19
    static let cloneUUID: UInt16 = 20
    static let cloneGeneration: UInt16 = 21
    static let clonePath: UInt16 = 22
    static let cloneOffset: UInt16 = 23
    static let cloneLength: UInt16 = 24
    static let allocationMode: UInt16 = 25
    static let unencodedFileLength: UInt16 = 27
    static let unencodedLength: UInt16 = 28
    static let unencodedOffset: UInt16 = 29
    static let compression: UInt16 = 30
    static let encryption: UInt16 = 31

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
