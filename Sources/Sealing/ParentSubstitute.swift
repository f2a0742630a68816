/// Another snapshot with the parent's content that an increment is to be received on, by the UUID that it is known by.
///
/// `btrfs receive` looks for the parent, and for the sources of clones, by their received UUID on the whole file system
/// and takes the first one that has it: perhaps a copy that was edited, or one out of its reach, and never an original,
/// which has none. A UUID that nothing else has leads to one snapshot alone.
package struct ParentSubstitute: Sendable, Equatable {
    /// As the stream names it.
    package let parent: SubvolumeUUID
    package let substitute: SubvolumeUUID

    package init(of parent: SubvolumeUUID, by substitute: SubvolumeUUID) {
        self.parent = parent
        self.substitute = substitute
    }

    /// By a UUID that nothing has had before.
    package init(of parent: SubvolumeUUID) {
        // A random UUID (RFC 9562, version 4).
        var bytes = (0..<SubvolumeUUID.size).map { _ in UInt8.random(in: .min ... .max) }
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        guard let uuid = SubvolumeUUID(bytes) else { preconditionFailure("a version is not zero") }
        self.init(of: parent, by: uuid)
    }
}
