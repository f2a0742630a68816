import ArgumentParser
import Artifacts
import JournalFormat
import Machines
import Mirror

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Find what is wrong before it hurts, and print what repairs it.",
        subcommands: [DoctorRemoteCommand.self])
}

struct DoctorRemoteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remote", abstract: "Examine the mirror: reach, rights, conditions, clock, content, lock rules.",
        discussion: """
            One line a check: ok, warning, FAILED or not run, its name, what was found; below it what repairs it. \
            reach: name, connection, TLS, an HTTP answer. clock: a warning from 60 s on, FAILED from 15 minutes on. \
            list, put, get, delete: the key's rights, with objects of its own under DATASET/doctor/, which it removes \
            again. conditions: whether If-None-Match and If-Match are honoured. journal: whether the mirror holds \
            this journal, nothing or another one. uploads: unfinished ones that are older than a day.
            lock: R2's tokens cannot be limited to adding, so only a lock rule of the bucket keeps a stolen one from \
            deleting backups. The command prints the rules for what is never replaced; every push replaces checkpoint \
            and manifests, so they stay unlocked. --test-lock tries the rules: if they work, the small object that it \
            leaves in each prefix can never be removed again, so every later test uses it.

            If the store cannot even be opened (no directory marked as a mirror, no credentials), open is the only line.

            Exit status: 0 nothing is wrong · 1 the journal here is damaged · 4 warnings · 9 a check FAILED · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @OptionGroup var endpoint: EndpointOption
    @Option(help: "The mirror's URL (default: MIRROR).")
    var mirror: String?
    @Flag(help: "Try the lock rules with an object in each locked prefix, which then stays for ever.")
    var testLock = false

    func run() throws {
        let examination = try MirrorExamination(try options.load(endpoint), url: mirror, testsLock: testLock)
        if output.json { Terminal.json(examination.json) } else { show(examination.results, examination.rules) }
        if examination.has(.failed) { throw ExitCode(ExitStatus.mirror.rawValue) }
        if examination.has(.warning) { throw ExitCode(ExitStatus.warnings.rawValue) }
    }

    private func show(_ results: [CheckResult], _ rules: [LockRule]) {
        for result in results {
            Terminal.data(
                "\(Self.padded(result.verdict.rawValue, 7))  \(Self.padded(result.name, 10))  \(result.detail)")
            if let remedy = result.remedy {
                let word = result.verdict == .ok || result.verdict == .notRun ? "next" : "mend"
                Terminal.data("         \(Self.padded(word, 10))  \(remedy)")
            }
        }
        if rules.isEmpty { return }
        Terminal.lines(
            """

            Lock rules, by the account's owner (Cloudflare R2; not with this server's token, which must not be able to):
            """)
        for rule in rules { Terminal.data("    \(rule.command)") }
        Terminal.lines(
            """
            They keep a stolen token from replacing and deleting backups. No rule for the rest: checkpoint and manifests
            are replaced by every push.
            """)
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
