package import Digest
internal import Sodium

/// Reads a journal's lines in order and says of each whether it may stand there.
///
/// The rules and their order are those of journal-format.md, "What a verifier checks": the first one broken gives
/// the verdict. State grows with the number of keys and events ids only.
package struct Verifier: ~Copyable {
    /// A finding that does not make the journal unsound.
    package struct Warning: Sendable, Equatable {
        package let record: Int
        package let reason: Reason
    }

    /// What a journal is at a size that somebody remembers.
    package struct Moment: Sendable, Equatable {
        package let head: SHA256Digest
        /// Nil where the tree was not grown.
        package let root: SHA256Digest?
    }

    package internal(set) var log: EventID?
    package private(set) var dataset = ""
    package private(set) var root: KeyID?
    package internal(set) var epoch = 0
    /// Records accepted.
    package internal(set) var size = 0
    /// SHA-256 of the last line; zeros before the first.
    package internal(set) var head = SHA256Digest()
    package internal(set) var lastTime = Timestamp(milliseconds: 0)
    package private(set) var keyring = Keyring()
    package internal(set) var tree = MerkleTree()
    package private(set) var warnings: [Warning] = []
    /// Where each epoch starts, in order: the number of records before it.
    package private(set) var bases: [Int] = []
    package private(set) var moments: [Int: Moment] = [:]

    /// Roots that signed what commits to everything before it: the one that opened the journal, and each that
    /// started an epoch; since all of them were replaced, where they were.
    package private(set) var vouchingRoots: [KeyID] = []
    /// Where the roots were replaced by one that none of them agreed to, in order.
    package private(set) var replacements: [Replacement] = []

    package let pinnedRoot: KeyID?
    /// The tree costs a second hash of every line.
    package let growsTree: Bool
    private let watched: Set<Int>
    /// Whether the lines are key events picked out of a journal, with gaps between them.
    private let readsExcerpt: Bool
    package internal(set) var ids = EventIDSet()
    private var hasher = SHA256()
    private var message: [UInt8] = []

    /// - Parameters:
    ///   - pinnedRoot: the fingerprint of the root that must vouch for the journal (`checkRoot`); nil believes
    ///     record 1.
    ///   - watching: sizes at which head and root are to be kept in `moments`.
    ///   - growsTree: whether Merkle roots can be had; without them remembered heads are compared by hash alone.
    ///   - readsExcerpt: lines may be missing between those given, none of them a key event; then `tree` and `head`
    ///     mean nothing.
    package init(
        pinnedRoot: KeyID? = nil, watching: Set<Int> = [], growsTree: Bool = true, readsExcerpt: Bool = false
    ) {
        self.pinnedRoot = pinnedRoot
        self.growsTree = growsTree
        self.readsExcerpt = readsExcerpt
        watched = watching
    }

    /// One that has seen nothing yet and asks for the same, and keeps the head at one size more.
    package func fromTheStart(watching size: Int) -> Verifier {
        Verifier(
            pinnedRoot: pinnedRoot, watching: size > 0 ? watched.union([size]) : watched, growsTree: growsTree,
            readsExcerpt: readsExcerpt)
    }

    /// Says how many records may come, so that memory for them is taken once. A guess; what it costs is bounded.
    package mutating func expect(records: Int) {
        ids.reserve(min(records, 1 << 21))
    }

    /// Takes the next line, its LF included.
    ///
    /// - Parameter checkingSignatures: false leaves the signatures of ordinary records unchecked. The chain then
    ///   still ties them to any later record whose signature is checked; key events are always checked.
    /// - Parameter read: the same line, taken apart before.
    /// - Returns: where the record's parts stand in the line.
    /// - Throws: the first rule broken; the verifier then stays as it was before the line.
    @discardableResult
    package mutating func accept(
        _ line: Span<UInt8>, checkingSignatures: Bool = true, read: ReadLine? = nil
    ) throws(DamageError) -> RecordLayout {
        do {
            let layout: RecordLayout
            if let read { layout = read.layout } else { layout = try RecordLayout(line) }
            if readsExcerpt { skip(to: layout) }
            try judge(layout, line, checkingSignatures, read)
            return layout
        } catch {
            throw DamageError(record: size + 1, error.reason)
        }
    }

    /// What an excerpt leaves out is taken to be what the next line says of it.
    private mutating func skip(to layout: borrowing RecordLayout) {
        guard size > 0, layout.seq > size + 1 else { return }
        size = layout.seq - 1
        head = layout.prev
    }

    private mutating func judge(
        _ layout: RecordLayout, _ line: Span<UInt8>, _ checkingSignatures: Bool, _ read: ReadLine?
    ) throws(FormatError) {
        let name = line.extracting(layout.event.type)
        let known = EventType.core[name]
        let rules = known ?? EventType.other
        try checkPlace(layout, rules)
        let keyEvent = try keyEvent(layout, rules, line)
        let sequencer = try sequencerKey(layout, keyEvent)
        let checks = checkingSignatures || keyEvent != nil
        if checks {
            try Self.checkRecordSignature(line, layout, sequencer, &message)
        }
        let author = try authorKey(layout, keyEvent)
        if checks {
            try Self.checkEventSignature(line, layout, author.key, &message)
        }
        guard rules.mayBeAuthored(by: author.role) else { throw FormatError(.role) }
        if let keyEvent { try checkRules(keyEvent, layout) }
        guard ids.insert(layout.event.id) else { throw FormatError(.duplicateID) }

        // Nothing below may fail: the line belongs to the journal.
        size += 1
        epoch = layout.epoch
        lastTime = layout.ts
        if let keyEvent { enact(keyEvent, layout) }
        if let read {
            head = read.hash
        } else {
            hasher.update(line)
            head = hasher.finish()
        }
        if growsTree {
            if let leaf = read?.leaf { tree.append(leaf, &hasher) } else { tree.append(line, &hasher) }
        }
        if watched.contains(size) { moments[size] = Moment(head: head, root: growsTree ? tree.root() : nil) }
        if abs(layout.event.ts.milliseconds - layout.ts.milliseconds) > 86_400_000 {
            warnings.append(Warning(record: size, reason: .authorSkew))
        }
        if !EventType.isUserDefined(name), known == nil || layout.event.schema != 1 {
            warnings.append(Warning(record: size, reason: .unknownType))
        }
    }

    /// The record's numbers, against the record before.
    private func checkPlace(_ layout: RecordLayout, _ rules: EventType.Rules) throws(FormatError) {
        let journal = log ?? layout.log
        guard layout.log == journal, layout.event.log == journal else { throw FormatError(.log) }
        let startsEpoch = rules.keyEvent == .epochStarted
        if size == 0 {
            guard layout.epoch == 1, !startsEpoch else { throw FormatError(.epoch) }
        } else {
            guard layout.epoch == (startsEpoch ? epoch + 1 : epoch) else { throw FormatError(.epoch) }
        }
        guard layout.seq == size + 1 else { throw FormatError(.seq) }
        guard layout.prev == head else { throw FormatError(.prev) }
        guard size == 0 || layout.ts >= lastTime else { throw FormatError(.tsBackwards) }
        guard (rules.keyEvent == .journalOpened) == (size == 0) else { throw FormatError(.genesis) }
    }

    private func keyEvent(
        _ layout: RecordLayout, _ rules: EventType.Rules, _ line: Span<UInt8>
    ) throws(FormatError) -> KeyEvent? {
        guard rules.keyEvent != .none else { return nil }
        let event = try layout.event.event(in: line)
        do {
            return try KeyEvent(event)
        } catch {
            // Only the events that name the sequencer must be understood before its signature is checked.
            if rules.keyEvent != .other { throw error }
            return try unreadableKeyEvent(layout, rules, line)
        }
    }

    /// A key event of a wrong shape counts as such only when it was really signed.
    private func unreadableKeyEvent(
        _ layout: RecordLayout, _ rules: EventType.Rules, _ line: Span<UInt8>
    ) throws(FormatError) -> KeyEvent? {
        let sequencer = try sequencerKey(layout, nil)
        var message: [UInt8] = []
        try Self.checkRecordSignature(line, layout, sequencer, &message)
        let author = try authorKey(layout, nil)
        try Self.checkEventSignature(line, layout, author.key, &message)
        throw FormatError(rules.mayBeAuthored(by: author.role) ? .data : .role)
    }

    /// The key that must have signed the record.
    private func sequencerKey(
        _ layout: RecordLayout, _ keyEvent: KeyEvent?
    ) throws(FormatError) -> Ed25519.PublicKey {
        switch keyEvent {
        case .journalOpened(_, _, let key), .epochStarted(_, _, _, let key, _):
            guard layout.kid == KeyID(key, role: .sequencer), !keyring.knows(key) else {
                throw FormatError(.recordKey)
            }
            return key
        default:
            guard let entry = keyring.entry(layout.kid) else { throw FormatError(.unknownKey) }
            guard entry.role == .sequencer else { throw FormatError(.keyRole) }
            guard entry.retiredAt == nil else { throw FormatError(.retiredKey) }
            return entry.key
        }
    }

    private func authorKey(
        _ layout: RecordLayout, _ keyEvent: KeyEvent?
    ) throws(FormatError) -> (key: Ed25519.PublicKey, role: KeyRole) {
        if case .journalOpened(_, let root, _) = keyEvent {
            let id = KeyID(root, role: .root)
            guard layout.event.author == id else { throw FormatError(.unknownKey) }
            return (root, .root)
        }
        guard let entry = keyring.entry(layout.event.author) else { throw FormatError(.unknownKey) }
        guard entry.retiredAt == nil else { throw FormatError(.retiredKey) }
        return (entry.key, entry.role)
    }

    /// - Parameter message: room for what is signed, so that it is not made again for each.
    static func checkRecordSignature(
        _ line: Span<UInt8>, _ layout: RecordLayout, _ key: Ed25519.PublicKey, _ message: inout [UInt8]
    ) throws(FormatError) {
        try checkSignature(
            line.extracting(layout.signature), "devjournal/record/v1\n", line.extracting(0..<layout.signedEnd), key,
            &message, else: .recordSignature)
    }

    static func checkEventSignature(
        _ line: Span<UInt8>, _ layout: RecordLayout, _ key: Ed25519.PublicKey, _ message: inout [UInt8]
    ) throws(FormatError) {
        try checkSignature(
            line.extracting(layout.event.signature), "devjournal/event/v1\n",
            line.extracting(layout.event.range.lowerBound..<layout.event.signedEnd), key, &message,
            else: .eventSignature)
    }

    private static func checkSignature(
        _ signature: Span<UInt8>, _ domain: StaticString, _ signed: Span<UInt8>, _ key: Ed25519.PublicKey,
        _ message: inout [UInt8], else reason: Reason
    ) throws(FormatError) {
        SigningDomain.write(domain, signed, to: &message)
        guard let signature = Base64.decode(signature, count: Ed25519.signatureSize),
            key.verifies(signature.span, of: message.span)
        else { throw FormatError(reason) }
    }

    /// What a key event asks of the keyring as it is.
    private func checkRules(_ event: KeyEvent, _ layout: RecordLayout) throws(FormatError) {
        func requireNew(_ key: Ed25519.PublicKey, _ proof: [UInt8], _ role: KeyRole) throws(FormatError) {
            guard !keyring.knows(key), ProofOfPossession.isValid(proof, by: key, log: layout.log, role: role)
            else { throw FormatError(.enrolment) }
        }
        func requireActive(_ id: KeyID, _ role: KeyRole) throws(FormatError) {
            guard let entry = keyring[id], entry.role == role, entry.retiredAt == nil else {
                throw FormatError(.enrolment)
            }
        }
        switch event {
        case .journalOpened(_, let root, let sequencer):
            guard root != sequencer else { throw FormatError(.enrolment) }
        case .epochStarted(let number, let baseSize, let baseHead, _, _):
            guard number == layout.epoch, baseSize == size, baseHead == head else { throw FormatError(.enrolment) }
        case .rootEnrolled(let key, let proof):
            try requireNew(key, proof, .root)
        case .rootRetired(let id, _):
            try requireActive(id, .root)
            guard keyring.activeKeys(of: .root) > 1 else { throw FormatError(.enrolment) }
        case .keyEnrolled(let role, let key, _, let proof):
            guard role == KeyRole.author.rawValue else { throw FormatError(.enrolment) }
            try requireNew(key, proof, .author)
        case .keyRetired(let id, _):
            try requireActive(id, .author)
        case .rootReplaced(let replacement, let proof, let endorsements):
            try requireNew(replacement.root, proof, .root)
            guard replacement.baseSize == size, replacement.baseHead == head else { throw FormatError(.enrolment) }
            let authors = keyring.active(.author)
            guard !authors.isEmpty, endorsements.map(\.author) == authors.map(\.id),
                zip(endorsements, authors).allSatisfy({ endorsement, author in
                    replacement.isEndorsed(by: author.key, endorsement.signature, log: layout.log)
                })
            else { throw FormatError(.endorsement) }
        }
    }

    /// `size` already counts the event's own record.
    mutating func enact(_ event: KeyEvent, _ layout: RecordLayout) {
        switch event {
        case .journalOpened(let dataset, let root, let sequencer):
            log = layout.log
            self.dataset = dataset
            self.root = KeyID(root, role: .root)
            keyring.enrol(root, role: .root, name: "root", at: size)
            keyring.startEpoch(1, sequencer: sequencer, at: size)
            bases.append(0)
            vouchingRoots.append(layout.event.author)
        case .epochStarted(let number, let baseSize, _, let sequencer, _):
            keyring.startEpoch(number, sequencer: sequencer, at: size)
            bases.append(baseSize)
            if !vouchingRoots.contains(layout.event.author) { vouchingRoots.append(layout.event.author) }
        case .rootEnrolled(let key, _):
            enrolRoot(key)
        case .keyEnrolled(_, let key, let name, _):
            keyring.enrol(key, role: .author, name: name, at: size)
        case .rootRetired(let id, _), .keyRetired(let id, _):
            keyring.retire(id, at: size)
        case .rootReplaced(let replacement, _, let endorsements):
            for root in keyring.active(.root) { keyring.retire(root.id, at: size) }
            enrolRoot(replacement.root)
            replacements.append(
                Replacement(
                    record: size, root: KeyID(replacement.root, role: .root), setAside: vouchingRoots,
                    endorsers: endorsements.map(\.author)))
            vouchingRoots = []
        }
    }

    private mutating func enrolRoot(_ key: Ed25519.PublicKey) {
        let number = keyring.inOrder.count { $0.role == .root } + 1
        keyring.enrol(key, role: .root, name: "root \(number)", at: size)
    }

    /// Whether an event with this id stands in the journal.
    package func holds(_ id: EventID) -> Bool { ids.contains(id) }
}

/// What a signature covers: a line that says which kind of signature it is, then the stored bytes.
enum SigningDomain {
    static func write(_ domain: StaticString, _ signed: Span<UInt8>, to message: inout [UInt8]) {
        message.removeAll(keepingCapacity: true)
        unsafe message.append(
            contentsOf: UnsafeBufferPointer(start: domain.utf8Start, count: domain.utf8CodeUnitCount))
        message.append(copying: signed)
    }
}
