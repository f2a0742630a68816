import Backup
import BackupJournal
import Digest
package import JournalFormat
import JournalStore
package import Machines

/// `key endorse`: a workstation agrees that a new root takes the place of one whose key is lost.
package struct RootEndorsing {
    /// What is agreed to, to be shown before.
    package struct Plan {
        package let request: RootRequest
        package let dataset: String
        package let oldRoots: [KeyID]
        /// The one that is remembered on this machine.
        package let pinned: KeyID?
        fileprivate let key: JournalKey

        package var newRoot: KeyID { KeyID(request.replacement.root, role: .root) }
    }

    private let machine: Machine

    package init(_ machine: Machine) {
        self.machine = machine
    }

    /// Checks the server's line against what this machine knows of the journal. Nothing is changed.
    package func plan(_ line: String) throws -> Plan {
        guard let request = RootRequest(line) else { throw EndorsementError.notARequest }
        guard let key = try machine.authorKey() else { throw JournalError.keyMissing(.author) }
        let replay = try known()
        try Self.require(request, key, replay)
        return Plan(
            request: request, dataset: replay.verifier.dataset,
            oldRoots: replay.verifier.keyring.active(.root).map(\.id), pinned: replay.verifier.pinnedRoot, key: key)
    }

    /// - Returns: the line for the server.
    package func endorse(_ plan: Plan) -> String {
        let (log, replacement) = (plan.request.log, plan.request.replacement)
        return EndorsedRoot(
            log: log, replacement: replacement, endorsement: replacement.endorsed(by: plan.key.key, log: log)
        ).text
    }

    /// Its replica, or the journal itself where the server is here, too.
    private func known() throws -> Replay {
        guard let pin = try Workstation.pin(machine) else { return try machine.replay() }
        let heads = try WitnessHeads(machine).read()
        let replay = try WorkstationFiles(machine.workstationState).replica.replay(pinnedRoot: pin.root, heads: heads)
        guard !replay.warnings.contains(where: { $0.reason == .cut }) else { throw EndorsementError.replicaBehind }
        return replay
    }

    private static func require(
        _ request: RootRequest, _ key: JournalKey, _ replay: borrowing Replay
    ) throws(EndorsementError) {
        guard replay.verifier.log == request.log else { throw .otherJournal }
        guard let entry = replay.verifier.keyring[key.id], entry.retiredAt == nil else { throw .notEnrolled }
        let (base, size) = (request.replacement.baseSize, replay.verifier.size)
        guard base >= size else { throw .tooOld(size: size, base: base) }
        guard base == size else { throw .tooNew(size: size, base: base) }
        guard request.replacement.baseHead == replay.verifier.head else { throw .otherHistory(record: base) }
        guard !replay.verifier.keyring.knows(request.replacement.root) else { throw .keyKnown }
    }
}

/// Why this workstation does not agree to a new root.
package enum EndorsementError: OperationError {
    case notARequest
    case replicaBehind
    case otherJournal
    case notEnrolled
    case tooOld(size: Int, base: Int)
    case tooNew(size: Int, base: Int)
    case otherHistory(record: Int)
    case keyKnown
}

extension EndorsementError {
    package var description: String {
        switch self {
        case .notARequest: "this is not a request for a new root"
        case .replicaBehind: "the replica lacks records that this machine remembers"
        case .otherJournal: "the line is about another journal than this workstation's"
        case .notEnrolled: "this workstation's key is not enrolled, or was retired"
        case .tooOld(let size, let base):
            "the journal has \(Plain.counted(size, "record")) by now; the line is for \(base)"
        case .tooNew(let size, let base): "the line is for \(Plain.counted(base, "record")), of which \(size) are here"
        case .otherHistory(let record):
            "the line is for another record \(record) than the one here: two histories"
        case .keyKnown: "the journal knows that key already"
        }
    }

    package var hint: String? {
        switch self {
        case .notARequest: "devjournal key replace-root prints one"
        case .replicaBehind: "devjournal deliver says which"
        case .notEnrolled: "devjournal key list"
        case .tooOld: "on the server, run devjournal key replace-root --reason once more, with the same kit"
        case .tooNew: "run devjournal deliver first"
        case .otherHistory: "do not endorse it; find out who made the line"
        case .otherJournal, .keyKnown: nil
        }
    }

    package var kind: FailureKind {
        switch self {
        case .notARequest: .usage
        case .otherHistory: .damaged
        case .replicaBehind, .otherJournal, .notEnrolled, .tooOld, .tooNew, .keyKnown: .refused
        }
    }
}
