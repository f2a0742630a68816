/// What is wrong with a send stream, and at which byte: the start of the command, or where the stream ends.
package struct SendStreamError: Error, Equatable, CustomStringConvertible {
    package enum Reason: Sendable, Equatable {
        case empty
        /// It does not begin with `btrfs-stream`.
        case notASendStream
        case version(UInt32)
        /// It ends within a command.
        case truncated
        /// It ends between commands, without END.
        case endMissing
        /// Something follows END.
        case trailingBytes
        case checksum
        case commandLength(UInt32)
        case unknownCommand(UInt16)
        /// The first command is neither SUBVOL nor SNAPSHOT.
        case firstCommand(UInt16)
        /// A second SUBVOL or SNAPSHOT: one stream is one snapshot.
        case secondSubvolume
        /// The attributes of a command do not fill it exactly, are of an unknown kind, come twice or are missing.
        case attributes
        /// A path that is absolute, or holds `.`, `..` or an empty name.
        case path
        /// A command with numbers that `btrfs send` never writes, or that asks for no content.
        case notOfSend(UInt16)
        /// A path that leads through what is not a directory.
        case throughLink(String)
        /// A command for an object that is not of its kind, or is not there, or is in its way.
        case otherObject(String)
        /// A clone of what is not a regular file of this snapshot or its parent.
        case cloneSource(String)
        case tooManyNames
        /// The first command lacks something, has it twice, or its name is none.
        case subvolume(String)
    }

    package let reason: Reason
    /// Bytes from the start of the stream.
    package let offset: UInt64

    /// Whether more could have made it whole.
    package var isCut: Bool { [.empty, .truncated, .endMissing].contains(reason) }

    package var description: String { "\(problem) (byte \(offset) of the stream)" }

    private var problem: String {
        switch reason {
        case .empty: "the send stream is empty"
        case .notASendStream: "this is not a btrfs send stream"
        case .version(let version): "the send stream has version \(version); versions 1 and 2 are known"
        case .truncated: "the send stream ends in the middle of a command"
        case .endMissing: "the send stream ends without its END command"
        case .trailingBytes: "there are bytes after the END of the send stream"
        case .checksum: "a command of the send stream has a wrong checksum"
        case .commandLength(let length): "a command of the send stream has the impossible length \(length)"
        case .unknownCommand(let kind): "the send stream holds the unknown command \(kind)"
        case .firstCommand(let kind): "the send stream begins with command \(kind) instead of SUBVOL or SNAPSHOT"
        case .secondSubvolume: "the send stream holds more than one snapshot"
        case .attributes: "a command of the send stream is malformed"
        case .path: "a command of the send stream names a path that leads out of the snapshot"
        case .notOfSend(let kind): "the send stream holds a command \(kind) that btrfs send never writes"
        case .throughLink(let path): "the send stream leads through a link or a file: \(path)"
        case .otherObject(let path): "the send stream does to \(path) what that is not for"
        case .cloneSource(let path): "the send stream clones into \(path) what is not a file of its own"
        case .tooManyNames:
            "the send stream has more than \(StreamTree.mostNames) names to follow; a full one has fewer"
        case .subvolume(let what): "the first command of the send stream \(what)"
        }
    }
}
