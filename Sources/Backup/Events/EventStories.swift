internal import JournalFormat

extension EventStory {
    /// All core types, in the order of journal-format.md.
    package static let all = keys + artifacts + other

    private static let keys: [EventStory] = [
        EventStory("journal.opened") {
            ["data set", $0.text("dataset")]
        } sentence: {
            "the journal of \($0.said("dataset")) was opened"
        },
        EventStory("epoch.started") {
            [
                "epoch \($0.number("epoch"))", "after record \($0.number("base_size")):", $0.text("reason"),
                $0.keyID("sequencer", .sequencer).map { "(sequencer \($0))" },
            ]
        } sentence: {
            "epoch \($0.number("epoch")) began: \($0.said("reason"))"
        },
        EventStory("root.enrolled") {
            ["root", $0.keyID("key", .root)]
        } sentence: { _ in
            "another root key was enrolled"
        },
        EventStory("root.retired") {
            [$0.text("kid"), $0.text("reason")]
        } sentence: {
            "the key of \($0.name(ofKey: "kid")) was retired"
        },
        EventStory("root.replaced") {
            [
                "root", $0.keyID("key", .root), "in the place of all others:", $0.text("reason"),
                "(endorsed by \($0.endorsers.map(\.description).joined(separator: ", ")))",
            ]
        } sentence: { words in
            let endorsers = Plain.list(words.endorsers.map { words.names[$0] })
            return "the root was replaced, endorsed by \(endorsers): \(words.said("reason"))"
        },
        EventStory("key.enrolled") {
            [$0.text("role"), $0.text("name"), $0.keyID("key", .author)]
        } sentence: {
            "the key of \($0.said("name")) was enrolled"
        },
        EventStory("key.retired") {
            [$0.text("kid"), $0.text("reason")]
        } sentence: {
            "the key of \($0.name(ofKey: "kid")) was retired"
        },
    ]

    private static let artifacts: [EventStory] = [
        EventStory("snapshot.taken") {
            [$0.text("label"), "subvolume", $0.text("uuid")]
        } ofLabel: {
            "taken on day \($0.day)"
        },
        EventStory(
            "artifact.sealed", line: artifact,
            ofLabel: { "sealed as \($0.said("type")) (rule \($0.rule ?? "-")), \($0.size("bytes") ?? "-")" }),
        EventStory("artifact.registered", line: artifact, ofLabel: { _ in "registered" }),
        EventStory("artifact.uploaded") {
            [$0.text("label"), $0.size("bytes"), "to", $0.text("store")]
        } ofLabel: { _ in
            "uploaded"
        },
        EventStory("artifact.stored") {
            [$0.text("label"), $0.size("bytes"), "at", $0.text("local_path")]
        } ofLabel: { _ in
            "fetched back"
        },
        EventStory("artifact.verified") {
            [
                $0.text("label"), $0.size("bytes"), "checked:", $0.text("result"),
                $0.size("found_bytes").map { "(\($0) are there)" },
            ]
        } ofLabel: {
            "checked: \($0.said("result"))"
        },
        EventStory("artifact.withdrawn") {
            [$0.text("label"), "for:", $0.text("reason")]
        } ofLabel: {
            "withdrawn: \($0.said("reason"))"
        },
        EventStory("restore.released") {
            [$0.text("label"), "from", $0.texts("chain").joined(separator: " "), $0.text("to").map { "to \($0)" }]
        } ofLabel: {
            "released for a restore to \($0.said("to"))"
        },
        EventStory("snapshot.restored") {
            [$0.text("label"), "at", $0.text("path")]
        } ofLabel: { _ in
            "restored"
        },
        EventStory("worktree.updated") {
            [$0.text("label"), "at", $0.text("path"), $0.text("kept").map { "(before: \($0))" }]
        } ofLabel: { _ in
            "working copy updated"
        },
    ]

    private static let other: [EventStory] = [
        EventStory("recipient.set") {
            $0.texts("recipients")
        } sentence: {
            "artifacts are sealed to \(Plain.counted($0.texts("recipients").count, "recipient")) from now on"
        },
        EventStory("kit.made") {
            [$0.size("bytes"), $0.text("sha256").map { "sha256 \($0.prefix(12))…" }]
        } sentence: { _ in
            "a recovery kit was made"
        },
        EventStory("journal.repaired") {
            ["\(Plain.counted($0.number("bytes"), "byte")) kept as", $0.text("kept")]
        } sentence: {
            "the journal was repaired: \($0.said("why"))"
        },
        EventStory("journal.succeeds") {
            [
                "journal", $0.text("log"), "of \(Plain.counted($0.number("size"), "record")),",
                $0.text("last_label").map { "up to \($0):" } ?? "without a backup:", $0.text("reason"),
            ]
        } sentence: {
            "it succeeds journal \($0.said("log")) of \(Plain.counted($0.number("size"), "record")): \($0.said("reason"))"
        },
        EventStory("manifest.imported") {
            [Plain.counted($0.rows, "artifact"), "from", $0.source]
        } sentence: {
            "\(Plain.counted($0.rows, "artifact")) came from the manifest \($0.source ?? "-")"
        },
        EventStory("review.signed") {
            [$0.text("reviewer"), "up to record", String($0.number("up_to"))]
        } sentence: {
            "\($0.said("reviewer")) has read everything up to record \($0.number("up_to"))"
        },
        EventStory("witness.accepted") {
            [
                "records after \($0.number("base")) were given up, which signed heads had promised:",
                $0.text("reason") ?? "no reason given",
            ]
        } sentence: {
            "\($0.author) accepted that records were lost"
        },
        EventStory("drill.completed") {
            ["restore drill", $0.text("label"), $0.text("method").map { "(\($0))" }]
        } sentence: { _ in
            "a restore drill was completed"
        },
        EventStory("note") {
            [$0.text("text")]
        } sentence: {
            "\($0.author) noted: \($0.said("text"))"
        },
    ]

    private static func artifact(_ words: EventWords) -> [String?] {
        [words.text("label"), words.text("type"), words.size("bytes"), words.rule.map { "(rule: \($0))" }]
    }
}
