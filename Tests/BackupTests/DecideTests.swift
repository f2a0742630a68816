import JournalFormat
import Testing

@testable import Backup

@Suite("What a month may record")
struct DecideTests {
    private let january = month(full("2026-01"))

    @Test("A snapshot of this month or an earlier one is recorded, of a later one refused")
    func future() {
        given().when(take("2026-03"), in: "2026-03").then("snapshot.taken")
        given().when(take("2026-02"), in: "2026-03").then("snapshot.taken")
        given().when(take("2026-04"), in: "2026-03").thenRefused("lies in the future: this is 2026-03")
        given().when(take("2027-01"), in: "2026-12").thenRefused("lies in the future")
    }

    @Test("Labels only grow")
    func growing() {
        given(january).when(take("2025-12")).thenRefused("labels only grow")
        given(january + month(full("2026-03")) + [snapshot("2026-02")]).when(
            seal(increment("2026-02", from: "2026-01"))
        )
        .thenRefused("labels only grow")
        given(january).when(take("2026-02")).then("snapshot.taken")
    }

    @Test("The same month twice changes nothing")
    func twice() {
        given([snapshot("2026-01")]).when(take("2026-01")).then()
        given(january).when(take("2026-01")).then()
        given(january).when(seal(full("2026-01"))).then()
        given(january).when(register(full("2026-01"))).then()
    }

    @Test("The same label with another UUID is refused once its artifact is registered")
    func anotherUUID() {
        given(january).when(take("2026-01", uuid: uuid("2026-01", 2))).thenRefused("was taken already, as subvolume")
    }

    @Test("A snapshot taken again before its registration makes the artifact of the old one worthless")
    func takenAnew() {
        let other = uuid("2026-01", 2)
        let taken = [snapshot("2026-01"), sealed(full("2026-01"))]
        given(taken).when(take("2026-01", uuid: other)).then("snapshot.taken")
        let anew = given(taken + [snapshot("2026-01", uuid: other)])
        anew.when(register(full("2026-01"))).thenRefused("was taken again")
        anew.when(seal(full("2026-01"))).thenRefused("the stream holds subvolume")
        anew.when(seal(full("2026-01"), uuid: other)).then("artifact.sealed")
    }

    @Test("What another workstation claims of a label stands in nobody's way")
    func otherAuthor() {
        let mine = [snapshot("2026-01"), sealed(full("2026-01"))]
        let anotherSnapshot: Happened = snapshot("2026-01", uuid: uuid("2026-01", 2)).by(2)
        let otherBytes: Happened = sealed(full("2026-01"), bytes: 999, content: "x").by(2)
        let others: [Happened] = [anotherSnapshot, otherBytes, sealed(full("2026-01")).by(2)]
        given(mine + others).when(register(full("2026-01"))).then("artifact.registered")
        // Nobody knows the hash before it was said.
        given([anotherSnapshot, otherBytes] + mine).when(register(full("2026-01"))).then("artifact.registered")
        given([others[0], mine[0]]).when(seal(full("2026-01"))).then("artifact.sealed")
        given([mine[0], others[0]]).when(seal(full("2026-01"))).then("artifact.sealed")
    }

    @Test("An increment starts from the snapshot that its name says, and a full one from none")
    func otherParent() {
        func claimed(_ name: ArtifactName, parent: String?) -> [Happened] {
            let label = name.label.monthText
            var more: JSONObject = ["uuid": .string(uuid(label)), "stream_bytes": .integer(300)]
            more["parent_uuid"] = parent.map { JSONValue.string($0) } ?? JSONValue.null
            return january + [snapshot(label), artifact("artifact.sealed", name, 100, "", more)]
        }
        let february = increment("2026-02", from: "2026-01")
        given(claimed(february, parent: uuid("2026-01"))).when(register(february)).then("artifact.registered")
        for parent in [uuid("2025-12"), nil] as [String?] {
            given(claimed(february, parent: parent)).when(register(february)).thenRefused("starts from subvolume")
        }
        let anchor = full("2026-02")
        given(claimed(anchor, parent: nil)).when(register(anchor)).then("artifact.registered")
        given(claimed(anchor, parent: uuid("2026-01"))).when(register(anchor)).thenRefused("starts from subvolume")
    }

    @Test("Another data set's labels are refused")
    func dataset() {
        given().when(take("home@2026-01")).thenRefused("is not of data set dev")
        given().when(register(full("home@2026-01"))).thenRefused("is not of data set dev")
        given().when(seal(full("home@2026-01"))).thenRefused("is not of data set dev")
    }

    @Test("Sealing takes a recorded snapshot, and a stream that holds it")
    func sealing() {
        given().when(seal(full("2026-01"))).thenRefused("no snapshot of dev@2026-01", .notFound)
        given([snapshot("2026-01")]).when(seal(full("2026-01"), uuid: uuid("2026-02"))).thenRefused(
            "the stream holds subvolume")
        given(january).when(seal(full("2026-01"), content: "other")).thenRefused(
            "registered already, with another content")
    }

    @Test("A full stream that needs a parent is refused, and an increment's must be the last artifact's snapshot")
    func streamParents() {
        given([snapshot("2026-01")]).when(seal(full("2026-01"), parentUUID: .some(uuid("2025-12"))))
            .thenRefused("must stand alone")
        let story = given(january + [snapshot("2026-02")])
        let name = increment("2026-02", from: "2026-01")
        story.when(seal(name, parentUUID: .some(nil))).thenRefused("the stream's parent is subvolume -")
        story.when(seal(name, parentUUID: .some(uuid("2026-01", 2)))).thenRefused("which is not dev@2026-01")
        story.when(seal(name)).then("artifact.sealed").with("parent_uuid", "\"\(uuid("2026-01"))\"")
    }

    @Test("What would be sealed of another subvolume, or from another parent, is refused before it is sent")
    func streamBeforehand() throws {
        let story = given(january + [snapshot("2026-02"), snapshot("2026-02", uuid: uuid("2026-02", 2)).by(2)])
        let name = increment("2026-02", from: "2026-01")
        func check(_ uuid: String, _ parentUUID: String?) throws(DecisionError) {
            try checkStream(of: name, uuid: uuid, parentUUID: parentUUID, story.state)
        }
        try check(uuid("2026-02"), uuid("2026-01"))
        try check(uuid("2026-02", 2), uuid("2026-01"))
        #expect(throws: DecisionError.self) { try check(uuid("2026-02", 3), uuid("2026-01")) }
        let refused = #expect(throws: DecisionError.self) { try check(uuid("2026-02"), uuid("2026-01", 2)) }
        #expect(refused?.hint?.contains("ws_dev_run_month.sh --full 2026-02") == true)
    }

    @Test("A label's snapshot is known by what was taken and by what was sealed, from another workstation too")
    func knownSnapshots() {
        let state = given(
            january + [snapshot("2026-02"), snapshot("2026-02", uuid: uuid("2026-02", 2)).by(2)]
        ).state
        func isSnapshot(_ month: String, _ uuid: String) -> Bool { state.isSnapshot(label(month), uuid) }
        #expect(isSnapshot("2026-01", uuid("2026-01")))
        #expect(isSnapshot("2026-02", uuid("2026-02")) && isSnapshot("2026-02", uuid("2026-02", 2)))
        #expect(!isSnapshot("2026-02", uuid("2026-01")) && !isSnapshot("2026-03", uuid("2026-03")))
    }

    @Test("What is sealed is recorded with all that a later reader needs")
    func sealedMembers() throws {
        let outcome = given(january + [snapshot("2026-02")]).when(seal(increment("2026-02", from: "2026-01"), bytes: 7))
        let event = try #require(try outcome.result.get().first)
        #expect(event.author == .author)
        #expect(
            event.data.members.map(\.key) == [
                "label", "type", "parent", "name", "bytes", "sha256", "uuid", "parent_uuid", "stream_bytes",
                "stream_version", "recipients", "reason", "tools",
            ])
        // It is what a projection can read.
        let after = given(january + [snapshot("2026-02"), Happened(type: event.type.description, data: event.data)])
        #expect(after.state.sealed(label("2026-02"))?.artifact.bytes == 7)
    }

    @Test("The hash of a tree goes with its artifact to those who restore it")
    func tree() throws {
        // given
        let name = full("2026-01")
        let stream = ArtifactStream(
            uuid: uuid("2026-01"), parentUUID: nil, bytes: 300, tree: String(repeating: "a", count: 64))
        // when
        let outcome = given([snapshot("2026-01")]).when(
            .recordSealing(
                .init(
                    artifact: .init(name: name, bytes: 100, sha256: sha256(""), reason: nil), stream: stream,
                    streamVersion: 1, recipients: ["age1x"], tools: [:])))
        // then
        let event = try #require(try outcome.result.get().first)
        #expect(event.data["tree"]?.string == stream.tree)
        let after = given(
            [snapshot("2026-01"), Happened(type: event.type.description, data: event.data), registered(name)])
        #expect(after.state.entries[label("2026-01")]?.stream == stream)
    }

    @Test("Only what was sealed is registered: name, hash and size")
    func registering() {
        let story = given([snapshot("2026-01"), sealed(full("2026-01"))])
        given().when(register(full("2026-01"))).thenRefused("is not what was sealed")
        story.when(register(full("2026-01"), content: "other")).thenRefused("is not what was sealed")
        story.when(register(full("2026-01"), bytes: 101)).thenRefused("is not what was sealed")
        story.when(register(increment("2026-01", from: "2025-12"))).thenRefused("is not what was sealed")
        story.when(register(full("2026-01"))).then("artifact.registered")
            .with("local_path", #""artifacts/anchors/dev@2026-01.full.send.zst.age""#)
    }

    @Test("A registered label with another hash is refused")
    func immutable() {
        given(january).when(register(full("2026-01"), content: "other")).thenRefused(
            "registered already, with another content")
    }

    @Test("The rules are asked again at registration: an increment sealed before an anchor came is refused")
    func rulesAtRegistration() {
        let name = increment("2026-03", from: "2026-01")
        given(january + [snapshot("2026-03"), sealed(name)] + month(full("2026-02")))
            .when(register(name)).thenRefused("must be an incremental from dev@2026-02")
        given(january + [snapshot("2026-02"), sealed(increment("2026-02", from: "2026-01"))] + month(full("2026-03")))
            .when(register(increment("2026-02", from: "2026-01"))).thenRefused("labels only grow")
    }

    @Test("After a withdrawal the label may be registered again, with other content")
    func withdrawal() {
        let events = january + [withdrawn("2026-01")]
        #expect(given(events).state.latest == nil)
        given(events).when(register(full("2026-01"))).thenRefused("was withdrawn as dev@2026-01")
        given(events).when(seal(full("2026-01"), content: "new")).thenRefused("no snapshot of dev@2026-01", .notFound)
        let anew = events + [snapshot("2026-01")]
        given(anew).when(seal(full("2026-01"), content: "new")).then("artifact.sealed")
        given(anew + [sealed(full("2026-01"), content: "new")]).when(register(full("2026-01"), content: "new"))
            .then("artifact.registered")
    }

    @Test("Uploads and stored copies are of registered artifacts with the same hash; the same upload twice is one")
    func uploads() {
        func upload(_ month: String, _ content: String = "", key: String = "dev/2026-01") -> Command {
            .recordUpload(label(month), sha256: sha256(content), bytes: 100, objectKey: key, store: "r2")
        }
        func store(_ month: String, _ content: String = "") -> Command {
            .recordStoring(
                label(month), sha256: sha256(content), bytes: 100, localPath: "a/b", objectKey: "dev/2026-01")
        }
        given().when(upload("2026-01")).thenRefused("no artifact of dev@2026-01 is registered", .notFound)
        given().when(store("2026-01")).thenRefused("no artifact of dev@2026-01 is registered", .notFound)
        given(january).when(upload("2026-01", "other")).thenRefused("is registered with hash")
        given(january).when(store("2026-01", "other")).thenRefused("is registered with hash")
        given(january).when(upload("2026-01")).then("artifact.uploaded")
        given(january).when(store("2026-01")).then("artifact.stored")
        given(january + [uploaded("2026-01")]).when(upload("2026-01")).then()
        given(january + [uploaded("2026-01")]).when(upload("2026-01", key: "moved")).then("artifact.uploaded")
    }

    @Test("A catalogue that was made is of what was sealed; it is to be uploaded, and the same one is recorded once")
    func catalogues() throws {
        func make(_ month: String, _ content: String = "", tree: String = "tree", stored: String = "stored") -> Command
        {
            let text = ArtifactCatalogue(
                bytes: 5, sha256: sha256(stored), plainBytes: 9, plainSHA256: sha256("plain"),
                index: .init(bytes: 7, sha256: sha256("index")))
            return .recordCatalogue(
                label(month), sha256: sha256(content), SignedCatalogue(text: text, tree: sha256(tree), frames: nil))
        }
        given().when(make("2026-01")).thenRefused("no artifact of dev@2026-01 is registered", .notFound)
        given(january).when(make("2026-01", "other")).thenRefused("is registered with hash")
        given(january).when(make("2026-01")).then("artifact.catalogued")
        let made = try #require(try decide(make("2026-01"), given(january).state, thisMonth: label("2026-01")).first)
        let events = january + [uploaded("2026-01"), Happened(type: "artifact.catalogued", data: made.data)]
        let entry = try #require(given(events).state.entries[label("2026-01")])
        #expect(entry.catalogue?.localPath == "catalogues/dev@2026-01.catalogue.zst.age")
        #expect(entry.catalogueKey == nil && entry.objectKey != nil)
        #expect(entry.catalogueText?.plainSHA256 == sha256("plain") && entry.listedTree == sha256("tree"))
        #expect(entry.catalogueText?.index == .init(bytes: 7, sha256: sha256("index")))
        // The server's word does not do for a part of the listing.
        #expect(entry.catalogueIndex == nil)
        given(events).when(make("2026-01")).then()
        given(events).when(make("2026-01", stored: "another")).then("artifact.catalogued")
    }

    @Test("Recipients that stay the same are not recorded again")
    func recipients() {
        let set = Happened(type: "recipient.set", data: ["recipients": .array([.string("age1x"), .string("age1y")])])
        given().when(.setRecipients(["age1x"])).then("recipient.set").with("recipients", #"["age1x"]"#)
        given([set]).when(.setRecipients(["age1x", "age1y"])).then()
        given([set]).when(.setRecipients(["age1x"])).then("recipient.set")
    }

    @Test("A release names the chain; notes and x. types are for scripts, core types are not")
    func others() throws {
        let events = january + month(increment("2026-02", from: "2026-01"))
        func release(_ month: String, after: String? = nil) -> Command {
            .recordRelease(label(month), after: after.map { label($0) }, to: "ws", confirmed: nil)
        }
        given(events).when(release("2026-02")).then("restore.released")
            .with("chain", #"["dev@2026-01","dev@2026-02"]"#)
        given(events).when(release("2026-02", after: "2026-01")).then("restore.released")
            .with("chain", #"["dev@2026-02"]"#)
        let file = Command.recordRelease(label("2026-02"), after: nil, to: "me", confirmed: nil, paths: ["a\\x20b"])
        given(events).when(file).then("restore.released").with("paths", #"["a\\x20b"]"#)
        func names(_ of: String, _ months: [String]) -> Command {
            .recordRelease(
                label(of), after: nil, to: "ws", confirmed: nil, names: months.map { label($0) })
        }
        given(events).when(names("2026-02", ["2026-02", "2026-01"])).then("restore.released")
            .with("paths", "[]").with("chain", #"["dev@2026-01","dev@2026-02"]"#)
        given(events).when(names("2026-02", ["2026-02"])).then("restore.released").with("chain", #"["dev@2026-02"]"#)
        given(events).when(names("2026-01", ["2026-02"])).thenRefused("does not need dev@2026-02", .notFound)
        given(events).when(release("2026-03")).thenRefused("no artifact of dev@2026-03", .notFound)
        given(events).when(release("2026-01", after: "2026-02")).thenRefused("does not need dev@2026-02", .notFound)
        for (type, isWelcome) in [
            ("note", true), ("x.mine", true), ("kit.made", false), ("unheard.of", false), ("xy.z", false),
        ] {
            let type = try #require(EventType(type))
            for role in [KeyRole.sequencer, .author] {
                let command = Command.note(type: type, data: ["text": .string("t")], by: role)
                let outcome = given().when(command)
                if isWelcome { outcome.then(type.description) } else { outcome.thenRefused("not for scripts") }
                if isWelcome {
                    #expect(try decide(command, .initial, thisMonth: label("2026-12")).map(\.author) == [role])
                }
            }
        }
        let note = Command.note(type: EventType(.note), data: ["text": .string("t")], by: .root)
        given().when(note).thenRefused("note is not the root's to say")
    }
}
