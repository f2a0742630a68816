package import Backup
package import Digest
import DurableFiles
import Glibc
import JournalFormat
package import Machines
import Sealing
package import SystemPackage

/// Finds the files of a legacy manifest and checks them against it.
package struct LegacyArtifacts {
    private let server: ServerTree

    package init(_ server: ServerTree) {
        self.server = server
    }

    /// A row's file, which has the size and the hash that the row says.
    package struct Found {
        package let row: LegacyManifest.Row
        package let path: FilePath
        package let sha256: SHA256Digest
        /// Below the server's root, where it will be.
        package let localPath: String
    }

    package enum Result {
        case found(Found)
        /// `isDamaged`: there is a file, but another one than the row says.
        case problem(LegacyManifest.Problem, isDamaged: Bool)
    }

    package func check(_ row: LegacyManifest.Row) throws -> Result {
        guard let path = places(of: row).first(where: pathExists) else {
            let named = row.path.map { "\($0) is not there" } ?? "there is no \(row.name.localPath)"
            return .problem(.init(line: row.line, "\(named), nor is it below \(server.root)"), isDamaged: false)
        }
        let (bytes, sha256) = try ArtifactFile.hash(path)
        guard bytes == row.bytes else {
            return .problem(.init(line: row.line, "\(path) has \(bytes) bytes, not \(row.bytes)"), isDamaged: true)
        }
        guard sha256.hex == row.sha256 else {
            return .problem(
                .init(line: row.line, "\(path) has the hash \(sha256.hex), not \(row.sha256)"), isDamaged: true)
        }
        let local = relative(path)
        return .found(Found(row: row, path: path, sha256: sha256, localPath: local ?? row.name.localPath))
    }

    /// Where the file may be: as it is named, below the server's root, and under the name that it should have.
    private func places(of row: LegacyManifest.Row) -> [FilePath] {
        var places: [FilePath] = []
        if let text = row.path {
            let named = FilePath(text)
            places.append(named.isAbsolute ? named : server.root.pushing(named).lexicallyNormalized())
            if let name = named.lastComponent {
                places += ["artifacts/anchors", "artifacts/incr"].map { server.root.appending($0).appending(name) }
            }
        }
        return places + [server.root.appending(row.name.localPath)]
    }

    /// The path below the server's root; nil where it is elsewhere.
    private func relative(_ path: FilePath) -> String? {
        var relative = path.lexicallyNormalized()
        let root = server.root.lexicallyNormalized()
        guard relative.starts(with: root), relative.removePrefix(root), !relative.isEmpty else { return nil }
        return relative.string
    }

    /// For what has to be copied.
    package func requireSpace(for found: [Found], _ space: SpaceCheck) throws {
        let missing = found.filter { !pathExists(server.root.appending($0.localPath)) }
        try space.requireMoving(
            "importing \(Plain.counted(missing.count, "artifact"))",
            missing.map { ($0.path, server.root.appending($0.localPath).removingLastComponent()) })
    }

    /// Gives a file from elsewhere its place below the server's root; it stays where it was, too.
    package func adopt(_ found: Found) throws {
        let target = server.root.appending(found.localPath)
        if found.path == target || relative(found.path) != nil { return }
        if pathExists(target) {
            guard try ArtifactFile.hash(target).sha256 == found.sha256 else {
                throw ArtifactError.otherContent(target)
            }
            return
        }
        if unsafe link(found.path.string, target.string) == 0 {
            try synchronizeDirectory(target.removingLastComponent())
        } else {
            // Another file system, or one without hard links.
            try ArtifactFile.copy(found.path, to: target, sha256: found.sha256)
        }
    }
}
