package import JournalFormat

/// How a core type of event reads to a person, in `log` and in `audit`.
package struct EventWording: Sendable {
    /// How `audit` has it.
    enum Sentence: Sendable {
        /// As one of the things that happened to the event's label.
        case ofLabel(@Sendable (EventWords) -> String)
        /// As a sentence of its own.
        case ofItsOwn(@Sendable (EventWords) -> String)
    }

    /// What matters most about it, after the time and the author; nil parts are left out.
    let line: @Sendable (EventWords) -> [String?]
    let sentence: Sentence

    init(
        line: @escaping @Sendable (EventWords) -> [String?], ofLabel: @escaping @Sendable (EventWords) -> String
    ) {
        self.line = line
        sentence = .ofLabel(ofLabel)
    }

    init(
        line: @escaping @Sendable (EventWords) -> [String?], sentence: @escaping @Sendable (EventWords) -> String
    ) {
        self.line = line
        self.sentence = .ofItsOwn(sentence)
    }

    /// The words of one event for `log`; what only a user's own scripts understand is shown as it is.
    package static func line(_ event: Event) -> String {
        let words = EventWords(event)
        guard let wording = event.coreType?.declaration.wording else { return JSONValue.object(event.data).text }
        return (wording.line(words) + [words.claim]).compactMap(\.self).joined(separator: " ")
    }
}

/// An event's data as words.
struct EventWords: Sendable {
    let event: Event
    /// As of this record; empty where nobody has read the journal.
    private(set) var names = KeyNames()
    /// The sequencer's time, or where it is not recorded yet the author's.
    private(set) var time: Timestamp
    /// Nil where it is not recorded yet.
    private(set) var epoch: Int?

    init(_ event: Event) {
        self.event = event
        time = event.ts
    }

    init(_ record: Record, _ names: KeyNames) {
        self.init(record.event)
        self.names = names
        time = record.ts
        epoch = record.epoch
    }

    var author: String { names[event.author] }
    /// `31`
    var day: Substring { time.description.dropFirst(8).prefix(2) }

    func text(_ key: String) -> String? { event.data[key]?.string }
    /// A dash for what is not there.
    func said(_ key: String) -> String { text(key) ?? "-" }
    func number(_ key: String) -> Int { event.data[key]?.integer ?? 0 }
    func size(_ key: String) -> String? { event.data[key]?.integer.map { Plain.bytes($0) } }
    func texts(_ key: String) -> [String] { event.data[key]?.array?.compactMap(\.string) ?? [] }
    func count(_ key: String) -> Int { event.data[key]?.array?.count ?? 0 }
    /// What people call the key whose id that is.
    func name(ofKey key: String) -> String? { KeyID(said(key)).map { names[$0] } }
    /// The id of the public key that stands there.
    func keyID(_ key: String, _ role: KeyRole) -> String? {
        text(key).flatMap { KeyID(publicKey: $0, role: role) }?.description
    }

    var rule: String? { event.data["reason"]?.object?["rule"]?.string }

    /// Who asked for it and through what, by what the signing machine claims: `(chuck, push_to_cloud.sh)`.
    var claim: String? {
        let parts = [text("login"), text("script")].compactMap(\.self)
        return parts.isEmpty ? nil : "(\(parts.joined(separator: ", ")))"
    }
}
