package import JournalFormat

/// How a core type of event reads to a person: one declaration a type, which `log` and `audit` share.
package struct EventStory: Sendable {
    /// How `audit` tells it.
    enum Told: Sendable {
        /// As one of the things that happened to the event's label.
        case ofLabel(@Sendable (EventWords) -> String)
        /// As a sentence of its own.
        case sentence(@Sendable (EventWords) -> String)
    }

    package let type: String
    /// What matters most about it, after the time and the author; nil parts are left out.
    let line: @Sendable (EventWords) -> [String?]
    let told: Told

    init(
        _ type: String, line: @escaping @Sendable (EventWords) -> [String?],
        ofLabel: @escaping @Sendable (EventWords) -> String
    ) {
        self.type = type
        self.line = line
        told = .ofLabel(ofLabel)
    }

    init(
        _ type: String, line: @escaping @Sendable (EventWords) -> [String?],
        sentence: @escaping @Sendable (EventWords) -> String
    ) {
        self.type = type
        self.line = line
        told = .sentence(sentence)
    }

    private static let byType = Dictionary(uniqueKeysWithValues: all.map { ($0.type, $0) })

    static func of(_ type: String) -> EventStory? { byType[type] }

    /// The words of one event for `log`; what only a user's own scripts understand is shown as it is.
    package static func line(_ event: Event) -> String {
        let words = EventWords(event)
        guard let story = of(event.type) else { return JSONValue.object(event.data).text }
        return (story.line(words) + [words.claim]).compactMap(\.self).joined(separator: " ")
    }
}

/// An event's data as words.
struct EventWords: Sendable {
    let event: Event
    /// As of this record; empty where nobody has read the journal.
    private(set) var names = KeyNames()
    /// The sequencer's time, or where it is not recorded yet the author's.
    private(set) var time: Timestamp

    init(_ event: Event) {
        self.event = event
        time = event.ts
    }

    init(_ record: Record, _ names: KeyNames) {
        self.init(record.event)
        self.names = names
        time = record.ts
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
    func name(ofKey key: String) -> String { KeyID(said(key)).map { names[$0] } ?? "-" }
    func keyID(_ key: String, _ role: KeyRole) -> String? {
        text(key).flatMap { KeyID(publicKey: $0, role: role) }?.description
    }

    var rule: String? { event.data["reason"]?.object?["rule"]?.string }
    var rows: Int { event.data["rows"]?.array?.count ?? 0 }
    var source: String? { event.data["source"]?.object?["name"]?.string }
    var endorsers: [KeyID] { RootEndorsement.authors(event.data) }

    /// Who asked for it and through what, by what the signing machine claims: `(chuck, push_to_cloud.sh)`.
    var claim: String? {
        let parts = [text("login"), text("script")].compactMap(\.self)
        return parts.isEmpty ? nil : "(\(parts.joined(separator: ", ")))"
    }
}
