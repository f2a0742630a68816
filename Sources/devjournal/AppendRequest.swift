import Artifacts
import Backup
import Digest
import DurableFiles
import JournalFormat
import JournalStore
import Machines
import Synchronization
import SystemPackage

/// What `devjournal append` is asked to do.
struct AppendRequest: Equatable {
    typealias Speaker = ScriptEvent.Speaker

    var config: String?
    var asJSON = false
    var type: String?
    var members: [String] = []
    var data: String?
    var id: String?
    var expectSeq: Int?
    var speaker: Speaker?
    var outbox = false
    var batch = false
    var clockIsRight = false
    /// Seconds.
    var lockTimeout: Double?
    /// How far the records must have come.
    var grade: RecordGrade?
    /// The file that says whose cosignatures are enough.
    var policy: String?
    /// Seconds.
    var deadline: Int?

    private static let longestBatch = 1 << 28
    private static let longestData = 1 << 20

    func run() throws {
        LockWaiting(limit: lockTimeout).begin()
        var machine = try Machine(Configuration(named: config), .ofThisProcess)
        if clockIsRight { machine.configuration.trustClock() }
        if !outbox { try Account.takeOn(machine) }
        if let grade { return try run(machine, until: grade) }
        if outbox {
            let events = try batch ? batchOnInput().map(\.event) : [single()]
            show(try OutboxAppend(machine).run(events))
        } else if batch {
            // Read first: the lock is not held while a slow producer makes up its mind.
            show(try AppendBatch(machine, speaker).run(batchOnInput(), expecting: expectSeq))
        } else {
            show(try SingleAppend(machine, speaker).run(single(), expecting: expectSeq))
        }
    }

    private func run(_ machine: Machine, until grade: RecordGrade) throws {
        if outbox {
            guard grade == .recorded else { throw GradeError.onlyServerKnows(grade) }
            let events = try batch ? batchOnInput().map(\.event) : [single()]
            let said = try OutboxAppend(machine).run(events)
            return show(try delivered(said.map(\.id), by: Workstation(machine)))
        }
        let question = try NoteJudgement.Question(due: false, policy: policy, now: machine.now())
        let waiting = try GradeWaiting(
            machine, grade, deadline: deadline,
            cosigned: question.policy.map { policy in
                { machine.server.journal.keptNote().flatMap { policy.judge($0).isMet ? $0 : nil } }
            })
        let receipts =
            try batch
            ? AppendBatch(machine, speaker).run(batchOnInput(), expecting: expectSeq)
            : [SingleAppend(machine, speaker).run(single(), expecting: expectSeq)]
        let graded = try waiting.wait(for: receipts)
        show(graded)
        if let failure = waiting.failure(graded) { throw failure }
    }

    /// Once the events are in the outbox, only a delivery tells more of them.
    private func delivered(_ ids: [EventID], by workstation: Workstation) throws -> GradedReceipts {
        let (server, waiting) = (try ServerTalk(workstation), DeliveredReceipts(workstation, deadline: deadline))
        let outcome = Mutex<GradedReceipts?>(nil)
        try Devjournal.runToEnd {
            let graded = try await waiting.wait(for: ids, server.deliver)
            outcome.withLock { $0 = graded }
        }
        guard let graded = outcome.withLock({ $0 }) else { preconditionFailure("it throws or ends with receipts") }
        return graded
    }

    // MARK: Input

    /// The one event that the arguments describe.
    private func single() throws -> ScriptEvent {
        let limit = Self.longestData
        return try ScriptEvent(
            type: type ?? "", id: id,
            EventData.read(
                members, object: data.map { try $0 == "-" ? input(limit) : Account.given(FilePath($0), limit: limit) }))
    }

    private func batchOnInput() throws -> [BatchLine] { try BatchLine.all(input(Self.longestBatch)) }

    /// Everything on standard input, whatever it is: a file, a pipe or a socket (which cannot be opened by a path).
    private func input(_ limit: Int) throws -> [UInt8] {
        try OpenFile(adopting: .standardInput, path: "standard input").readToEnd(limit: limit)
    }

    // MARK: Output

    private func show(_ said: [OutboxAppend.Said]) {
        for said in said {
            if asJSON {
                Terminal.json(["id": .string(said.id.description), "new": .bool(said.isNew)])
            } else {
                Terminal.data(said.id.description)
            }
            if !said.isNew { Terminal.say("\(said.id) is in the outbox already; nothing changed") }
        }
    }

    private func show(_ receipts: [Receipt]) {
        let shown = receipts.map { $0.text(asJSON: asJSON) }
        if !shown.isEmpty { Terminal.lines(shown.joined(separator: "\n")) }
        let known = receipts.count { !$0.isNew }
        if known > 0 { Terminal.say("recorded already: \(known) of \(Plain.counted(receipts.count, "event"))") }
    }

    private func show(_ graded: GradedReceipts) {
        Terminal.lines(graded.receipts.map { $0.text(asJSON: asJSON, graded) }.joined(separator: "\n"))
        let known = graded.receipts.count { !$0.isNew }
        if known > 0 { Terminal.say("recorded already: \(known) of \(Plain.counted(graded.receipts.count, "event"))") }
    }

    private func show(_ receipt: Receipt) {
        if !receipt.isNew { Terminal.say("already recorded as record \(receipt.seq); nothing changed") }
        receipt.show(asJSON: asJSON)
    }
}

extension Receipt {
    var json: JSONObject {
        [
            "seq": .integer(seq), "id": .string(id.description), "ts": .string(ts.description),
            "sha256": .string(hash.hex), "new": .bool(isNew),
        ]
    }

    func show(asJSON: Bool) { Terminal.data(text(asJSON: asJSON)) }

    func text(asJSON: Bool) -> String {
        asJSON ? JSONValue.object(json).text : "\(seq) \(id) \(hash)"
    }

    /// The same with how far it has come, and the checkpoint that covers it: its size, or all of it.
    func text(asJSON: Bool, _ graded: GradedReceipts) -> String {
        guard asJSON else {
            return "\(text(asJSON: false)) \(graded.grade.rawValue) \(graded.checkpoint.checkpoint.size)"
        }
        var object = json
        object["grade"] = .string(graded.grade.rawValue)
        object["checkpoint"] = .string(graded.checkpoint.note)
        return JSONValue.object(object).text
    }
}
