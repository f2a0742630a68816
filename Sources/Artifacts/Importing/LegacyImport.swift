import Backup
import BackupJournal
import Digest
import DurableFiles
import JournalFormat
import JournalStore
package import Machines
package import SystemPackage

/// Takes the artifacts of a manifest from before the journal into a journal that has none: all of them or none.
package struct LegacyImport {
    package enum Outcome: Equatable {
        /// This very manifest.
        case importedBefore(artifacts: Int)
        case wouldBeImported(artifacts: Int)
        case imported(artifacts: Int)
    }

    private let machine: Machine

    package init(_ machine: Machine) {
        self.machine = machine
    }

    /// - Parameters:
    ///   - path: what a person knows the manifest by.
    ///   - isRehearsal: whether everything is checked and nothing imported.
    package func run(_ path: FilePath, _ manifest: [UInt8], isRehearsal: Bool) throws -> Outcome {
        let source = ManifestImport.Source(
            name: path.lastComponent?.string ?? "-", sha256: SHA256.hash(manifest.span).hex, bytes: manifest.count)
        var journal = try machine.openJournal(.resuming(.anything))
        let state = try journal.replay.readableState()
        if state.importedManifest?.sha256 == source.sha256 { return .importedBefore(artifacts: state.order.count) }
        guard state.order.isEmpty else { throw ImportError.hasArtifacts(state.order.count) }
        guard let text = String(validating: manifest, as: UTF8.self) else { throw ImportError.notText(path) }
        let artifacts = LegacyArtifacts(machine.server)
        let found = try check(LegacyManifest(parsing: text, dataset: machine.dataset), artifacts, path)
        let command = Command.importManifest(
            ManifestImport(source, found.map { ManifestImport.Row($0.row, localPath: $0.localPath) }))
        // Refused before anything is linked or copied.
        _ = try decide(command, state, thisMonth: machine.thisMonth())
        if isRehearsal { return .wouldBeImported(artifacts: found.count) }
        try artifacts.requireSpace(for: found, .server(machine))
        for artifact in found { try artifacts.adopt(artifact) }
        _ = try machine.record(command, in: &journal)
        journal.close()
        return .imported(artifacts: found.count)
    }

    private func check(
        _ manifest: LegacyManifest, _ artifacts: LegacyArtifacts, _ path: FilePath
    ) throws -> [LegacyArtifacts.Found] {
        var manifest = manifest
        var found: [LegacyArtifacts.Found] = []
        var isDamaged = false
        for row in manifest.rows {
            switch try artifacts.check(row) {
            case .found(let artifact): found.append(artifact)
            case .problem(let problem, let damaged):
                manifest.add(problem)
                isDamaged = isDamaged || damaged
            }
        }
        guard manifest.problems.isEmpty else {
            throw ImportError.problems(manifest.problems, path, isDamaged: isDamaged)
        }
        return found
    }
}
