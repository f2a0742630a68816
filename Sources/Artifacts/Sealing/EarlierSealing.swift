import Backup
import Digest
import DurableFiles
import Machines
import Sealing
import SystemPackage

/// What an earlier run has left of an artifact that is to be sealed: a registered artifact, a sealed file, or one that
/// only lacks its name.
struct EarlierSealing {
    enum Outcome: Equatable {
        /// It is to be sealed; what was left of an attempt is gone.
        case nothing
        /// It is made; nil where this machine's copy is gone, as it may be once it is registered elsewhere.
        case done(FilePath?)
    }

    let name: ArtifactName
    let path: FilePath
    let reporter: any Reporter

    func take(_ state: BackupState, _ ledger: WorkstationLedger) async throws -> Outcome {
        if let entry = state.entries[name.label] {
            guard entry.artifact.name == name else { throw MonthSealingError.registeredAs(entry.artifact.name) }
            reporter.say("\(name) is registered already; nothing changed")
            return .done(ledger.place(of: entry, spooled: path))
        }
        guard let sealed = state.sealed(name.label), sealed.artifact.name == name,
            let sha256 = SHA256Digest(hex: sealed.artifact.sha256)
        else {
            if pathExists(path) { throw MonthSealingError.unknownFile(path) }
            _ = try Sealer.removeLeftover(of: path)
            return .nothing
        }
        return try pathExists(path) ? takeFile(sealed, sha256) : await takeUnnamed(sealed, sha256)
    }

    private func takeFile(_ sealed: BackupState.Sealing, _ sha256: SHA256Digest) throws -> Outcome {
        guard try ArtifactFile.hash(path).sha256 == sha256 else { throw MonthSealingError.otherFile(path) }
        guard try hasCatalogue(sealed) else {
            reporter.say("the catalogue of \(name) is gone, and nobody else has it: it is sealed again")
            try removeFile(path)
            return .nothing
        }
        reporter.say("\(name) is sealed already; nothing changed")
        return .done(path)
    }

    private func takeUnnamed(_ sealed: BackupState.Sealing, _ sha256: SHA256Digest) async throws -> Outcome {
        do {
            guard try await Sealer.finishLeftover(as: path, bytes: UInt64(sealed.artifact.bytes), sha256: sha256)
            else { return .nothing }
        } catch SealError.leftoverDiffers {
            // The recorded file is lost, and sealing it again was interrupted: that file was never recorded.
            _ = try Sealer.removeLeftover(of: path)
            return .nothing
        }
        reporter.say("\(name) was sealed and recorded; it has its name now")
        return .done(path)
    }

    private func hasCatalogue(_ sealed: BackupState.Sealing) throws -> Bool {
        guard let catalogue = sealed.stream.catalogue else { return true }
        let place = path.sibling(sealed.artifact.label.catalogueName)
        return try pathExists(place) && ArtifactFile.hash(place).sha256.hex == catalogue.sha256
    }
}
