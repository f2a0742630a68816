import ArgumentParser
import JournalFormat
import Machines
import Recovery

extension WitnessCommand {
    struct Submit: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "submit",
            abstract: "On the server: have witnesses elsewhere cosign the journal's head (C2SP tlog-witness).",
            discussion: """
                A witness cosigns only what continues all that it has cosigned before, so its cosignature shows that \
                nobody was shown another history. It is sent the checkpoint, which names the journal's id, size and \
                hashes, and the hashes of a consistency proof: never a record. Give its operator what devjournal \
                checkpoint --vkey prints, again after each key rotation or rebuild.

                The cosignatures are kept with the journal's checkpoint; devjournal push and devjournal deliver take \
                them along, and devjournal verify --policy asks for them. Either give URL and --vkey, or --policy: then \
                each witness in the file that has a URL is asked, and one that gives no answer is named.

                Exit status: 0 cosigned · 1 the witness has cosigned more records, or another history · 2 failed, out \
                of reach · 6 it does not know the journal or its key · 7 no journal · 19 asked, but not as many \
                cosigned as the policy asks for · 64 usage
                """)

        @OptionGroup var options: ConfigurationOption
        @OptionGroup var output: JSONOption
        @Option(help: "The verifier key of the witness at URL.")
        var vkey: String?
        @Option(help: "The file of a policy (C2SP tlog-policy) that says where its witnesses are.")
        var policy: String?
        @Argument(help: "The witness's submission prefix, below which is add-checkpoint.")
        var url: String?

        func validate() throws {
            guard (url == nil) == (vkey == nil), (url == nil) != (policy == nil) else {
                throw ValidationError("give either URL and --vkey, or --policy")
            }
        }

        func run() throws {
            let machine = try options.load()
            if let url, let vkey {
                let place = try WitnessSubmission.Place(url: url, key: vkey)
                return show(try WitnessSubmission(machine).submit(to: place), [place])
            }
            let question = try NoteJudgement.Question(due: false, policy: policy, now: machine.now())
            guard let policy = question.policy, let path = self.policy else { return }
            let places = try WitnessSubmission.Place.all(of: policy, path)
            let round = try WitnessSubmission(machine).submit(toAll: places)
            for failure in round.failures { Terminal.warn("\(failure)") }
            guard let note = round.note else { throw round.failures[0] }
            show(note, places)
            if !policy.judge(note).isMet { throw ExitCode(ExitStatus.unwitnessed.rawValue) }
        }

        private func show(_ note: SignedCheckpoint, _ places: [WitnessSubmission.Place]) {
            guard output.json else { return Terminal.exact(note.note) }
            let cosigners = places.compactMap { place in
                note.cosigned(by: place.key).map { time in
                    JSONValue.object([
                        "url": .string(place.url), "name": .string(place.key.name), "time": .integer(time),
                    ])
                }
            }
            Terminal.json([
                "checkpoint": .string(note.note), "records": .integer(note.checkpoint.size),
                "witnesses": .array(cosigners),
            ])
        }
    }
}
