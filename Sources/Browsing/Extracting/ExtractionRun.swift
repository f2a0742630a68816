import Backup
import Catalogue
import Digest
import DurableFiles
import Glibc
import Machines
import SystemPackage

/// Makes the objects of a selection in a directory.
final class ExtractionRun {
    struct Wanted {
        let entry: ListingEntry
        let plan: ReadPlan
        /// Pieces that are not written yet; nil for one that is read by itself.
        var left: Int?
        var file: NewFile?
        var isOver = false
    }

    let chain: ArtifactChain
    private let selection: ExtractionSelection
    private let places: ExtractionPlaces
    let target: TargetTree
    let reporter: any Reporter
    private let overwrites: Bool

    var wanted: [Wanted] = []
    var order: StreamOrder
    /// Files with a descriptor, the one that was used last at the end.
    var open: [Int] = []
    /// Of what has several names: the first of them that is wanted.
    private var firstNames: [[UInt8]: [UInt8]] = [:]
    private var furtherNames: [(entry: ListingEntry, of: [UInt8])] = []
    private var newDirectories: [ListingEntry] = []
    /// Objects that are not there, by their paths: what hangs on them is not either.
    private var missing: Set<[UInt8]> = []
    /// Those of them that the file system, or this user, does not hold.
    private var lost: [[UInt8]: ExtractionLosses.Kind] = [:]
    var result = ExtractionResult()

    init(
        _ chain: ArtifactChain, _ selection: ExtractionSelection, _ places: ExtractionPlaces, _ target: TargetTree,
        _ reporter: any Reporter, overwrites: Bool
    ) throws {
        self.chain = chain
        self.selection = selection
        self.places = places
        self.target = target
        self.reporter = reporter
        self.overwrites = overwrites
        order = StreamOrder(artifacts: chain.artifacts.count)
        for entry in selection.entries where entry.kind != .directory {
            if let links = entry.links, links > 1 {
                let group = entry.same ?? entry.path
                if let first = firstNames[group] {
                    furtherNames.append((entry, first))
                    continue
                }
                firstNames[group] = entry.path
            }
            guard entry.kind == .file, !places.same.contains(entry.path) else { continue }
            let size = entry.size ?? 0
            if let why = chain.refusal(ofSize: size) {
                fail(entry, [chain.label], why)
                continue
            }
            let plan = try chain.readPlan(for: entry.path, size: size)
            wanted.append(Wanted(entry: entry, plan: plan, left: order.add(plan, file: wanted.count)))
        }
    }

    /// Refuses what cannot fit, before anything is written.
    func requireRoom() throws {
        if overwrites { return }
        let free = try FileSystemSpace(holding: target.path).free
        guard order.bytes <= free else { throw ExtractionError.noRoom(target.path, need: order.bytes, free: free) }
    }

    func carryOut() throws -> ExtractionResult {
        result.kept = places.same.count
        for entry in selection.entries { try make(entry) }
        try fill()
        for (entry, first) in furtherNames { try link(entry, first) }
        try finishDirectories()
        result.bytesRead = chain.bytesRead
        return result
    }

    /// Whether directories that are there become the month's: an earlier run that did not come to its end has made them.
    private var takesOnDirectories: Bool { overwrites || !places.same.isEmpty }

    // MARK: Failures

    /// What the system says of one object: a full disk ends everything, anything else is that object's alone.
    func failed(_ entry: ListingEntry, _ errno: Errno, labels: [Label] = []) throws {
        if errno == .noSpace || errno == .diskQuotaExceeded {
            throw ExtractionError.full(target.path, files: result.files, of: wanted.count)
        }
        missing.insert(entry.path)
        let isNameRefused = [.invalidArgument, .fileNameTooLong, .illegalByteSequence].contains(errno)
        // exFAT in user space says so of a colon in a name.
        if isNameRefused || (errno == .noSuchFileOrDirectory && target.hasDirectory(of: entry.path)) {
            return lose(entry, .name, errno.inSentence)
        }
        fail(entry, labels, errno.inSentence)
    }

    private func lose(_ entry: ListingEntry, _ kind: ExtractionLosses.Kind, _ why: String) {
        missing.insert(entry.path)
        lost[entry.path] = kind
        result.losses.add(kind, entry.path, why)
    }

    func fail(_ entry: ListingEntry, _ labels: [Label], _ why: String) {
        missing.insert(entry.path)
        result.failures.append(ExtractionResult.Failure(path: entry.path, labels: labels, why: why))
    }

    func isBelowMissing(_ path: [UInt8]) -> Bool {
        if missing.isEmpty { return false }
        var path = path[...]
        while let slash = path.lastIndex(of: UInt8(ascii: "/")) {
            path = path[..<slash]
            if missing.contains(Array(path)) { return true }
        }
        return false
    }

    // MARK: Objects without content

    private func make(_ entry: ListingEntry) throws {
        if places.same.contains(entry.path) { return }
        if isBelowMissing(entry.path) { return fail(entry, [], "its directory is missing") }
        do throws(Errno) {
            switch entry.kind {
            case .directory:
                if try target.makeDirectory(entry.path) || takesOnDirectories { newDirectories.append(entry) }
                result.directories += 1
            case .file: return
            default:
                if let first = firstNames[entry.same ?? entry.path], first != entry.path { return }
                guard let name = try makeSpecial(entry) else { return }
                try finish(entry, name)
                result.others += 1
            }
        } catch {
            try failed(entry, error)
        }
    }

    private static let unmakeable: [Errno] = [
        .notPermitted, .permissionDenied, .notSupported, .invalidArgument, .noFunction,
    ]

    /// - Returns: nil where this user or the file system has no such objects.
    private func makeSpecial(_ entry: ListingEntry) throws(Errno) -> [UInt8]? {
        let kind: ExtractionLosses.Kind
        do throws(Errno) {
            switch entry.kind {
            case .symbolicLink:
                kind = .symbolicLink
                return try target.newLink(to: entry.target ?? [])
            case .fifo:
                kind = .fifo
                return try target.newNode(S_IFIFO)
            case .socket:
                kind = .socket
                return try target.newNode(S_IFSOCK)
            default:
                kind = .device
                return try target.newNode(
                    entry.kind.fileType, major: entry.device?.major ?? 0, minor: entry.device?.minor ?? 0)
            }
        } catch {
            guard Self.unmakeable.contains(error) || (kind == .symbolicLink && error == .fileNameTooLong) else {
                throw error
            }
            lose(entry, kind, error.inSentence)
            return nil
        }
    }

    /// Gives an object its attributes, then its name.
    func finish(_ entry: ListingEntry, _ name: [UInt8]) throws(Errno) {
        do throws(Errno) {
            try ObjectMetadata(entry, of: name, in: target.stagingDescriptor).apply(&result.losses)
            try target.put(name, at: entry.path, replaces: overwrites)
        } catch {
            target.discard(name)
            throw error
        }
    }

    // MARK: Last

    private func link(_ entry: ListingEntry, _ first: [UInt8]) throws {
        if places.same.contains(entry.path) { return }
        if missing.contains(first) {
            let why = "it is another name of \(ShownPath.text(first)), which is missing"
            if let kind = lost[first] { return lose(entry, kind, why) }
            return fail(entry, [], why)
        }
        do throws(Errno) {
            let name: [UInt8]
            do throws(Errno) { name = try target.newName(of: first) } catch {
                guard [.notPermitted, .notSupported, .noFunction, .tooManyLinks, .improperLink].contains(error) else {
                    throw error
                }
                name = try copied(entry, first)
                result.losses.add(.hardLink, entry.path, "of \(ShownPath.text(first)): \(error.inSentence)")
                return try finish(entry, name)
            }
            do throws(Errno) { try target.put(name, at: entry.path, replaces: overwrites) } catch {
                target.discard(name)
                throw error
            }
            result.others += 1
        } catch {
            try failed(entry, error)
        }
    }

    private func copied(_ entry: ListingEntry, _ first: [UInt8]) throws(Errno) -> [UInt8] {
        guard entry.kind == .file else { throw .notSupported }
        let source = try target.file(first)
        defer { try? source.close() }
        let (name, descriptor) = try target.newFile()
        let file = NewFile(name, descriptor)
        defer { file.close() }
        do {
            var buffer = [UInt8](repeating: 0, count: 1 << 20)
            var offset = 0
            while case let count = try unsafe buffer.withUnsafeMutableBytes({ try unsafe source.read(into: $0) }),
                count > 0
            {
                try file.write(buffer.span.extracting(0..<count), at: offset)
                offset += count
            }
        } catch {
            throw error as? Errno ?? .ioError
        }
        return name
    }

    /// From the bottom up: what is put into a directory changes its time.
    private func finishDirectories() throws {
        var directories = newDirectories
        if let top = selection.top, target.wasEmpty || takesOnDirectories { directories.insert(top, at: 0) }
        target.finish()
        for entry in directories.reversed() {
            do throws(Errno) {
                let directory = try target.directory(entry.path)
                try ObjectMetadata(entry, of: HeldDirectory.itself, in: directory.descriptor).apply(&result.losses)
            } catch {
                try failed(entry, error)
            }
        }
    }
}
