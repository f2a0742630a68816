import Backup
package import Machines
package import SystemPackage
import TreeHash

/// Why a directory, or an increment to a snapshot of it, does not make a sound backup.
package enum SourceError: OperationError {
    case swapFileInUse(FilePath, in: FilePath)
    /// Subvolumes and mount points: in words, and their paths below the directory.
    case nested([String], in: FilePath, paths: [String])
    case longPaths(Int, first: String, in: FilePath)
    case tooSparse(FilePath, bytes: Int, limit: Int)
    /// An attribute of the top that what is below would inherit.
    case inherited(String, of: FilePath)
    case lostSetIDs([String], isWhole: Bool, to: FilePath)
    case punchedHoles(FilePath, bytes: Int)
}

extension SourceError {
    package var description: String {
        switch self {
        case .swapFileInUse(let swap, _): "the swap file \(swap) is in use: its subvolume cannot be snapshot"
        case .nested(let texts, let name, _):
            "what is inside \(name) would be missing from the backup: \(texts.joined(separator: ", "))"
        case .longPaths(let count, let first, let name):
            "\(Plain.counted(count, "path")) in \(name) \(count == 1 ? "is" : "are") longer than "
                + "\(SourceCheck.longestPath) bytes, the first begins with \(first)"
        case .tooSparse(let name, let bytes, let limit):
            "the files in \(name) have \(Plain.bytes(bytes)), holes included, and a restore takes no more "
                + "than \(Plain.bytes(limit)) for honest"
        case .inherited(let attribute, let name):
            "\(attribute) on \(name) itself would be restored on every object below it as well"
        case .lostSetIDs(let paths, let isWhole, let top):
            "an increment to \(top) would lose the set-ID bits of what got another owner: "
                + paths.joined(separator: ", ") + (isWhole ? "" : ", …")
        case .punchedHoles(let top, let bytes):
            "an increment to \(top) would be larger than the whole tree: \(Plain.bytes(bytes)) of it are zeros, "
                + "for holes that were punched into files"
        }
    }

    package var hint: String? {
        switch self {
        case .swapFileInUse(let swap, let name):
            "swapoff \(swap), or move it to a subvolume of its own outside \(name)"
        case .nested(_, _, let paths):
            "move it out, make it a plain directory, or allow its loss with ALLOW_NESTED="
                + paths.joined(separator: ":")
        case .longPaths: "btrfs send and receive fail on them: shorten or move them"
        case .tooSparse(let name, _, _): "make the sparse files among them smaller, or move them out of \(name)"
        case .inherited("btrfs.compression", let name):
            "btrfs property set \(name) compression '' takes it off; a directory inside may have one"
        case .inherited(_, let name): "setfacl -k \(name) takes it off; a directory inside may have one"
        case .lostSetIDs: "ws_dev_run_month.sh makes a full one of such a month by itself"
        case .punchedHoles: "seal it as a full one"
        }
    }

    package var kind: FailureKind { .refused }
}
