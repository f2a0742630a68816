import Catalogue
import Glibc
import SystemPackage

/// What stands where objects are to be extracted to.
struct ExtractionPlaces {
    private static let namedAtMost = 3

    /// Objects that are there already, the same: what an earlier run has brought.
    private(set) var same: Set<[UInt8]> = []

    /// - Parameter overwrites: whether files may be replaced; a directory never is by anything else, nor anything by one.
    /// - Throws: `ExtractionError.inTheWay`.
    init(_ selection: ExtractionSelection, in target: TargetTree, overwrites: Bool) throws {
        if target.wasEmpty { return }
        var inTheWay: [[UInt8]] = []
        for entry in selection.entries {
            let status: stat?
            do throws(Errno) { status = try target.status(entry.path) } catch {
                // A symbolic link, or a file, where a directory belongs.
                if error == .tooManySymbolicLinkLevels || error == .notDirectory { continue }
                throw ExtractionError.target(target.path, error)
            }
            guard let status else { continue }
            let isDirectory = status.st_mode & S_IFMT == S_IFDIR
            if entry.kind == .directory && isDirectory { continue }
            if entry.kind != .directory, !isDirectory {
                if overwrites { continue }
                if try Self.isSame(entry, status, in: target) {
                    same.insert(entry.path)
                    continue
                }
            }
            inTheWay.append(entry.path)
        }
        guard inTheWay.isEmpty else {
            throw ExtractionError.inTheWay(
                target.path, Array(inTheWay.prefix(Self.namedAtMost)), count: inTheWay.count)
        }
    }

    /// Whether it is what an earlier run has put there: that had its attributes before its name.
    private static func isSame(_ entry: ListingEntry, _ status: stat, in target: TargetTree) throws -> Bool {
        guard status.st_mode & S_IFMT == entry.kind.fileType else { return false }
        switch entry.kind {
        case .file:
            guard Int(status.st_size) == entry.size, let file = try? target.file(entry.path) else { return false }
            defer { try? file.close() }
            return (try? NewFile.hash(file)) == entry.sha256
        case .symbolicLink: return (try? target.target(ofLink: entry.path)) == entry.target
        case .fifo, .socket, .characterDevice, .blockDevice: return true
        case .directory: return false
        }
    }
}

extension ListingEntry.Kind {
    /// As stat(2) has it.
    var fileType: mode_t {
        switch self {
        case .file: S_IFREG
        case .directory: S_IFDIR
        case .symbolicLink: S_IFLNK
        case .fifo: S_IFIFO
        case .socket: S_IFSOCK
        case .characterDevice: S_IFCHR
        case .blockDevice: S_IFBLK
        }
    }
}
