import DurableFiles
import Foundation
import ScratchSpace
import StockTools
import SystemPackage
import Testing

/// A directory whose parents are all root's, as a test below `/tmp` has none.
private final class RootsDirectory: Sendable {
    let path: FilePath

    init() throws {
        path = FilePath("/var/lib/test-devjournal-\(UUID().uuidString)")
        try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: false)
        try mode(0o700, path)
    }

    deinit { try? FileManager.default.removeItem(atPath: path.string) }
}

private func mode(_ mode: Int, _ path: FilePath) throws {
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path.string)
}

private func makeDirectory(_ path: FilePath) throws {
    try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
}

private func owner(_ user: Int, _ path: FilePath) throws {
    try runTool("chown", "--no-dereference", "\(user):\(user)", path.string)
}

private func reason(_ body: () throws -> Void) -> (component: FilePath, reason: SteerablePath.Reason)? {
    do { try body() } catch RootsOwnPlaceError.steerable(let path) {
        return (path.component, path.reason)
    } catch {}
    return nil
}

@Suite("Places where root works", .enabled(if: ScratchDisk.isWanted))
struct RootsOwnPlaceTests {
    private let root: RootsDirectory

    init() throws { root = try RootsDirectory() }

    @Test("A directory whose parents are all root's alone is opened, and what is missing of it is made for root alone")
    func opened() throws {
        let place = root.path.appending("a/b")
        _ = try OpenDirectory.makingRootsOwn(place)
        #expect(try OpenDirectory.rootsOwn(place).ownership() == (0, 0o700))
        try requireRootsOwn(directory: place.appending("not/there"))
        #expect(throws: RootsOwnPlaceError.self) { _ = try OpenDirectory.rootsOwn(place.appending("not/there")) }
    }

    @Test("A link, another's directory, one that others may write, and a file in the path are refused by name")
    func refused() throws {
        let place = root.path.appending("a/b/c")
        try makeDirectory(place)
        for component in [root.path.appending("a"), root.path.appending("a/b"), place] {
            try owner(4321, component)
            var found = reason { try requireRootsOwn(directory: place) }
            #expect(found?.component == component && found?.reason == .owner(4321))
            try owner(0, component)
            for bits in [0o720, 0o702, 0o1777, 0o1770] {
                try mode(bits, component)
                found = reason { try requireRootsOwn(directory: place) }
                #expect(found?.component == component && found?.reason == .writable)
            }
            try mode(0o755, component)
        }
        try plantLink(root.path.appending("link"), to: root.path.appending("a"))
        var found = reason { try requireRootsOwn(directory: root.path.appending("link/b")) }
        #expect(found?.component == root.path.appending("link") && found?.reason == .link)
        try plant(root.path.appending("file"))
        found = reason { _ = try OpenDirectory.makingRootsOwn(root.path.appending("file/b")) }
        #expect(found?.reason == .notDirectory)
        found = reason { try requireRootsOwn(directory: "/tmp/somewhere") }
        #expect(found?.component == "/tmp" && found?.reason == .writable)
    }

    @Test("A relative path, and one with .., is none")
    func relative() {
        for path: FilePath in ["a", "../a", "/var/lib/../lib"] {
            #expect(throws: RootsOwnPlaceError.self) { try requireRootsOwn(directory: path) }
        }
    }

    @Test("A file is refused where it is a link, another's, or others may write it")
    func file() throws {
        let file = root.path.appending("file")
        try plant(file)
        try mode(0o644, file)
        try requireRootsOwn(file: file)
        try mode(0o664, file)
        #expect(reason { try requireRootsOwn(file: file) }?.reason == .writable)
        try mode(0o644, file)
        try owner(4321, file)
        #expect(reason { try requireRootsOwn(file: file) }?.reason == .owner(4321))
        try plantLink(root.path.appending("link"), to: "/etc/hostname")
        #expect(reason { try requireRootsOwn(file: root.path.appending("link")) }?.reason == .link)
        #expect(reason { try requireRootsOwn(file: root.path) }?.reason == .notFile)
    }

    @Test("A directory of somebody else's is opened where no link is in its path, and only there")
    func withoutLinks() throws {
        let home = root.path.appending("home")
        try makeDirectory(home.appending("code"))
        try owner(4321, home)
        #expect(try OpenDirectory.withoutLinks(home.appending("code")).names() == [])
        try plantLink(root.path.appending("other"), to: home)
        #expect(throws: FileFailure.self) { _ = try OpenDirectory.withoutLinks(root.path.appending("other/code")) }
        try plantLink(home.appending("link"), to: "code")
        #expect(throws: FileFailure.self) { _ = try OpenDirectory.withoutLinks(home.appending("link")) }
    }

    @Test("A file with one name, or a directory, is given away; a link or a second name is not followed")
    func givenAway() throws {
        let (file, secret) = (root.path.appending("file"), root.path.appending("secret"))
        try plant(file)
        try plant(secret)
        try mode(0o600, secret)
        func give(_ path: FilePath) throws { try giveAway(path, user: 4321, group: 4321, permissions: 0o640) }
        func ownership(_ path: FilePath) throws -> [Int] {
            let found = try FileManager.default.attributesOfItem(atPath: path.string)
            return [found[.ownerAccountID] as? Int ?? -1, found[.posixPermissions] as? Int ?? -1]
        }
        try give(file)
        #expect(try ownership(file) == [4321, 0o640])
        try plantLink(root.path.appending("link"), to: secret)
        #expect(throws: FileFailure.self) { try give(root.path.appending("link")) }
        try FileManager.default.linkItem(atPath: secret.string, toPath: root.path.appending("second").string)
        #expect(throws: FileFailure.self) { try give(root.path.appending("second")) }
        #expect(try ownership(secret) == [0, 0o600])
    }
}
