package import Digest
package import JournalFormat

/// What `verify` says of a journal.
package struct Verdict: Sendable {
    package enum Kind: String, Sendable { case sound, warnings, torn, damaged }

    package let kind: Kind
    /// Sound records.
    package let records: Int
    package let epoch: Int?
    package let log: EventID?
    package let root: KeyID?
    package let pinnedRoot: KeyID?
    /// The record that retired the root that is remembered.
    package let pinnedRootRetiredAt: Int?
    /// Where the roots were last replaced by one that none of them agreed to.
    package let replacement: Verifier.Replacement?
    package var isRootPinned: Bool { pinnedRoot != nil }
    /// Of the last sound record.
    package let head: SHA256Digest?
    package let merkleRoot: SHA256Digest?
    /// The directory's own checkpoint, where it is right.
    package let note: SignedCheckpoint?
    /// What it covers.
    package var checkpoint: Int? { note?.checkpoint.size }
    /// What is wrong, and from which record on.
    package let finding: DamageError?
    package let warnings: [Verifier.Warning]
    package let tornBytes: Int
    /// Sound, but of a type that this version does not know.
    package let refusal: ProjectionError?
    /// What the sound records add up to.
    package let anyState: (any JournalState)?

    fileprivate init(_ replay: borrowing Replay, damage: DamageError?) {
        let isSome = replay.verifier.size > 0
        if let damage {
            kind = .damaged
            finding = damage
        } else if replay.tail != nil {
            kind = .torn
            finding = DamageError(record: replay.verifier.size + 1, .tornTail)
        } else {
            kind = replay.warnings.isEmpty ? .sound : .warnings
            finding = nil
        }
        records = replay.verifier.size
        epoch = isSome ? replay.verifier.epoch : nil
        log = replay.verifier.log
        root = replay.verifier.root
        pinnedRoot = replay.verifier.pinnedRoot
        replacement = replay.verifier.replacements.last
        pinnedRootRetiredAt = pinnedRoot.flatMap { replay.verifier.keyring[$0]?.retiredAt }
        head = isSome ? replay.verifier.head : nil
        merkleRoot = isSome ? replay.verifier.tree.root() : nil
        note = replay.checkpoint
        warnings = replay.warnings
        tornBytes = replay.tail?.bytes.count ?? 0
        refusal = replay.refusal
        anyState = replay.anyState
    }
}

extension JournalDirectory {
    /// Judges the journal with every signature. Only files that cannot be read are an error here.
    ///
    /// - Parameter cores: how many check signatures; nil for all that there are.
    package func verdict(
        pinnedRoot: KeyID?, heads: [SignedCheckpoint], cores: Int? = nil
    ) throws(JournalError) -> Verdict {
        var replay = try begin(pinnedRoot: pinnedRoot, heads: heads, growsTree: true)
        do {
            try readOnAllCores(into: &replay, upTo: .max, cores: cores ?? Self.availableCores)
            try compare(heads: heads, to: &replay)
        } catch {
            guard case .damaged(let damage) = error else { throw error }
            return Verdict(replay, damage: damage)
        }
        return Verdict(replay, damage: nil)
    }
}

extension Verdict {
    /// The same journal, with a finding from outside it.
    package func failing(_ damage: DamageError) -> Verdict {
        kind == .damaged ? self : Verdict(self, damage)
    }

    private init(_ other: Verdict, _ damage: DamageError) {
        kind = .damaged
        records = other.records
        epoch = other.epoch
        log = other.log
        root = other.root
        pinnedRoot = other.pinnedRoot
        pinnedRootRetiredAt = other.pinnedRootRetiredAt
        replacement = other.replacement
        head = other.head
        merkleRoot = other.merkleRoot
        note = other.note
        finding = damage
        warnings = other.warnings
        tornBytes = other.tornBytes
        refusal = other.refusal
        anyState = other.anyState
    }
}
