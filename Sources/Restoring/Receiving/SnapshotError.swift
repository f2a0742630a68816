package import Backup
package import Machines
package import SystemPackage

/// What stands under a snapshot's name is not that snapshot, or what was received does not become it.
package enum SnapshotError: OperationError {
    case notASnapshot(FilePath)
    /// A snapshot, but not the one that the journal knows by that label.
    case notAsRecorded(FilePath, Label)
    case notReceived(Label)
    case receiveUnfinished(Label)
    case wroteBesideIt(Label)
    /// - Parameters:
    ///   - streams: bytes of the streams that it came of.
    ///   - apparent: bytes of its files, holes included.
    ///   - limit: the most that are taken for honest.
    case tooLarge(Label, streams: Int, apparent: Int, limit: Int)
    case otherTree(Label, found: String, sealed: String)
    case changedSince(FilePath, found: String, sealed: String)
    case inheritedAttributes(FilePath, _ which: String)
    case goneAfterReceiving(FilePath)
    case withoutReceivedUUID(FilePath)
}

extension SnapshotError {
    package var description: String {
        switch self {
        case .notASnapshot(let path): "\(path) is there, but is not a snapshot"
        case .notAsRecorded(let path, let label): "\(path) is there, but is not \(label) as it was recorded"
        case .notReceived(let label): "\(label) was not received"
        case .receiveUnfinished(let label): "btrfs receive did not finish \(label)"
        case .wroteBesideIt(let label): "the stream of \(label) wrote outside its snapshot"
        case .tooLarge(let label, let streams, let apparent, let limit):
            "\(label) came of \(Plain.bytes(streams)) and has files of \(Plain.bytes(apparent)), holes included: "
                + "no more than \(Plain.bytes(limit)) is taken for honest"
        case .otherTree(let label, let found, let sealed):
            "\(label) was received, but its tree is not the one that was sealed: its hash is \(found), not \(sealed)"
        case .changedSince(let path, let found, let sealed):
            "\(path) was changed after it was received: the hash of its tree is \(found), not \(sealed)"
        case .inheritedAttributes(let path, let which):
            "\(path) has the contents that were sealed, but also \(which) on its objects: they inherited that "
                + "from where it was received"
        case .goneAfterReceiving(let path): "\(path) is not there after it was received"
        case .withoutReceivedUUID(let path): "\(path) says nothing of what it was received from"
        }
    }

    package var hint: String? {
        switch self {
        case .notASnapshot, .notAsRecorded: "move it away; nothing is overwritten"
        case .wroteBesideIt:
            "no btrfs send does so: find out who made the artifact; what was received is deleted again"
        case .tooLarge: "find out who made the artifact; what was received is deleted again"
        case .otherTree:
            "what was received is deleted again; the artifact, or the copy of its parent, is damaged"
        case .changedSince(let path, _, _):
            "mv \(path) \(path).changed, restore it again, and see what differs: "
                + "devjournal tree \(path).changed --compare \(path)"
        case .inheritedAttributes(let path, _):
            "btrfs subvolume delete \(path), and restore it again: devjournal receives it without"
        case .notReceived, .receiveUnfinished, .goneAfterReceiving, .withoutReceivedUUID: nil
        }
    }

    package var kind: FailureKind {
        switch self {
        case .notASnapshot, .notAsRecorded, .notReceived, .inheritedAttributes: .refused
        case .receiveUnfinished, .goneAfterReceiving, .withoutReceivedUUID: .failed
        case .wroteBesideIt, .tooLarge, .otherTree, .changedSince: .damaged
        }
    }
}
