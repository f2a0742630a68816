import DurableFiles
import Foundation
import Machines
import Restoring
import StockTools
import Synchronization
import SystemPackage
import TestMachines

/// Plain directories that are looked at as subvolumes: answers for the kernel's calls and for btrfs-progs, remembers what
/// it was asked for, and fails where a test wants it.
final class DirectorySubvolumes: SubvolumeCalls {
    struct Found: Equatable {
        var uuid: UUID
        var parent: UUID?
        var received: UUID?
        var isReadOnly = false
        var isUntouched = true
    }

    private struct State {
        var subvolumes: [UInt64: Found] = [:]
        var asked: [String] = []
        var failing: Set<String> = []
        var openElsewhere = false
    }

    private let state = Mutex(State())

    /// What was asked for, such as `snapshot making`.
    var asked: [String] { state.withLock(\.asked) }

    /// From now on whatever is asked in these words fails.
    func fail(_ words: String...) { state.withLock { $0.failing = Set(words) } }
    func forget() { state.withLock { $0.asked = [] } }
    func openElsewhere() { state.withLock { $0.openElsewhere = true } }

    // MARK: What is there

    /// Makes a subvolume of a directory with these files.
    @discardableResult
    func make(
        _ path: FilePath, _ files: [String: String] = [:], received: UUID? = nil, parent: UUID? = nil,
        isReadOnly: Bool = false
    ) throws -> Found {
        try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
        for (name, text) in files { try Data(text.utf8).write(to: URL(fileURLWithPath: path.appending(name).string)) }
        let found = Found(uuid: UUID(), parent: parent, received: received, isReadOnly: isReadOnly)
        set(path, found)
        return found
    }

    func set(_ path: FilePath, _ found: Found?) {
        let number = Self.number(path)
        state.withLock { $0.subvolumes[number] = found }
    }

    /// Somebody has written to it.
    func touch(_ path: FilePath) {
        let number = Self.number(path)
        state.withLock { $0.subvolumes[number]?.isUntouched = false }
    }

    subscript(_ path: FilePath) -> Found? {
        let number = Self.number(path)
        return state.withLock { $0.subvolumes[number] }
    }

    private static func number(_ path: FilePath) -> UInt64 { (try? path.stat().inode.rawValue).map { UInt64($0) } ?? 0 }

    private func ask(_ words: String) -> Bool {
        state.withLock {
            $0.asked.append(words)
            return !$0.failing.contains(words)
        }
    }

    private func require(_ words: String, _ path: FilePath) throws(FileFailure) {
        if !ask(words) { throw FileFailure("ask", path, .ioError) }
    }

    private func copy(_ source: FilePath, to target: FilePath) {
        try? runTool("cp", "-a", "\(Self.resolved(source))/.", Self.resolved(target).string)
    }

    /// Another process has other descriptors.
    private static func resolved(_ path: FilePath) -> FilePath {
        let parent = path.removingLastComponent()
        if parent == "/proc/self/fd" {
            return FilePath((try? FileManager.default.destinationOfSymbolicLink(atPath: path.string)) ?? path.string)
        }
        guard let name = path.lastComponent, parent.string.hasPrefix("/proc/self/fd/") else { return path }
        return resolved(parent).appending(name)
    }

    private static func remove(_ path: FilePath) { try? runTool("rm", "-rf", resolved(path).string) }

    // MARK: The kernel

    func subvolume(_ directory: borrowing OpenDirectory) throws(FileFailure) -> Subvolume? {
        guard let found = self[directory.pathOfDescriptor] else { return nil }
        return Subvolume(
            uuid: found.uuid.bytes, parentUUID: found.parent?.bytes, receivedUUID: found.received?.bytes, id: 1,
            generation: found.isUntouched ? 1 : 2, generationAtCreation: 1, isReadOnly: found.isReadOnly, owner: 0)
    }

    func snapshot(
        of source: borrowing OpenDirectory, as name: String, in directory: borrowing OpenDirectory
    ) throws(FileFailure) {
        try require("snapshot \(name)", source.path)
        let target = directory.pathOfDescriptor.appending(name)
        copy(source.pathOfDescriptor, to: target)
        set(target, Found(uuid: UUID(), parent: self[source.pathOfDescriptor]?.uuid))
    }

    func receivedSnapshot(
        of source: borrowing OpenDirectory, as name: String, uuid: [UInt8], in directory: borrowing OpenDirectory
    ) throws(FileFailure) {
        try require("received snapshot \(name)", source.path)
        let target = directory.pathOfDescriptor.appending(name)
        copy(source.pathOfDescriptor, to: target)
        set(target, Found(uuid: UUID(), received: UUID(), isReadOnly: true))
    }

    func makeBare(_ name: String, in directory: borrowing OpenDirectory) throws(FileFailure) {
        try require("make \(name)", directory.path)
        _ = try directory.makeDirectory(name, permissions: 0o700)
        set(directory.pathOfDescriptor.appending(name), Found(uuid: UUID()))
    }

    func setReadOnly(_ name: String, _ isReadOnly: Bool, in directory: borrowing OpenDirectory) throws(FileFailure) {
        let word = name.split(separator: "-").first.map(String.init) ?? name
        try require(isReadOnly ? "close \(word)" : "open \(word)", directory.path)
        let path = directory.pathOfDescriptor.appending(name)
        guard var found = self[path] else { throw FileFailure("change flags of", path, .invalidArgument) }
        found.isReadOnly = isReadOnly
        set(path, found)
    }

    func isOpenElsewhere(_ name: String, in directory: borrowing OpenDirectory) -> Bool {
        state.withLock(\.openElsewhere)
    }

    func delete(_ name: String, in directory: borrowing OpenDirectory) throws(FileFailure) {
        let word = name.split(separator: "-").first.map(String.init) ?? name
        try require("delete \(word)", directory.path)
        let path = directory.pathOfDescriptor.appending(name)
        guard self[path] != nil else { throw FileFailure("delete subvolume", path, .invalidArgument) }
        set(path, nil)
        Self.remove(path)
    }

    // MARK: btrfs-progs

    /// Stands for `btrfs` and `rm`.
    func answer(_ program: String, _ words: [String]) -> ProgramOutput? {
        let said = ([program] + words.filter { !$0.hasPrefix("/") && !$0.hasPrefix("-") }).joined(separator: " ")
        guard ask(said) else { return ProgramOutput(exitCode: 1, errors: "ERROR: first\nERROR: no luck\n") }
        let paths = words.filter { $0.hasPrefix("/") }.map { FilePath($0) }
        switch said {
        case "btrfs subvolume show":
            guard let found = self[paths[0]] else { return ProgramOutput(exitCode: 1, errors: "not a subvolume\n") }
            return ProgramOutput(exitCode: 0, output: Self.shown(found))
        case "btrfs subvolume snapshot":
            copy(paths[0], to: paths[1])
            let source = self[paths[0]]
            let isReadOnly = words.contains("-r")
            set(
                paths[1],
                Found(
                    uuid: UUID(), parent: source?.uuid, received: isReadOnly ? source?.received : nil,
                    isReadOnly: isReadOnly))
        case "btrfs subvolume delete":
            set(paths[0], nil)
            Self.remove(paths[0])
        case "rm":
            Self.remove(paths[0])
        default: return nil
        }
        return ProgramOutput(exitCode: 0)
    }

    private static func shown(_ found: Found) -> String {
        func text(_ uuid: UUID?) -> String { uuid.map { $0.uuidString.lowercased() } ?? "-" }
        return """
            snapshots/one
            \tName: \t\t\tone
            \tUUID: \t\t\t\(text(found.uuid))
            \tParent UUID: \t\t\(text(found.parent))
            \tReceived UUID: \t\t\(text(found.received))
            \tGeneration: \t\t\(found.isUntouched ? 7 : 9)
            \tGen at creation: \t7
            \tFlags: \t\t\t\(found.isReadOnly ? "readonly" : "-")
            \tSnapshot(s):
            """
    }
}

extension UUID {
    var bytes: [UInt8] { withUnsafeBytes(of: uuid) { Array($0) } }
    var text: String { uuidString.lowercased() }
}
