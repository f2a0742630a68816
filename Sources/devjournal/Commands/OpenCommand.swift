import Age
import ArgumentParser
import Artifacts
import Machines
import Restoring
import Sealing
import Sodium
import SystemPackage

struct OpenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "open",
        abstract: "Undo an artifact's layers: the way back to the send stream.",
        discussion: """
            The stored file's hash is checked against the signed journal before anything is decrypted; age to a \
            public key does not say who sent it. --without-journal skips that check, for files that no journal knows. \
            --age-only undoes only the age layer, of any age file, so that you can look at anything in the bucket; \
            with --passphrase-file and without --identity it opens a file that is encrypted with a passphrase. From a \
            damaged file --age-only prints what was authenticated before the damage, and fails.

            Exit status: 0 opened · 1 damaged, or not what the journal says · 2 failed · 7 no such file or label · 8 \
            the key or passphrase does not open it · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var passphrase: PassphraseOption
    @Argument(help: "An artifact's file, or its label: latest, 2026-01, dev@2026-01.")
    var file: String
    @Option(name: .shortAndLong, help: "The age identity file, or the recovery kit (default: the server's key).")
    var identity: String?
    @Option(name: .shortAndLong, help: "The output file, complete or not there at all (default: standard output).")
    var output: String?
    @Flag(help: "Undo only the age layer.")
    var ageOnly = false
    @Flag(help: "Open a file that the journal does not know.")
    var withoutJournal = false

    func run() async throws {
        let sink: StreamSink = output.map { .file(FilePath($0)) } ?? .descriptor(.standardOutput)
        if ageOnly || withoutJournal {
            let layers: OpenedLayers = ageOnly ? .ageOnly : .all(.anyContent)
            let opener =
                if ageOnly, identity == nil, passphrase.isGiven {
                    Opener(
                        with: [], passphrase: AgePassphrase(try passphrase.read(prompt: "passphrase")), layers: layers)
                } else {
                    Opener(with: try identities(), layers: layers)
                }
            _ = try await opener.open(FilePath(file), into: sink)
            return
        }
        let machine = try options.load()
        let named = try NamedArtifact(file, machine)
        _ = try await ArtifactOpener(try identities(machine)).open(named.path, named.entry, into: sink)
    }

    private func identities(_ machine: Machine? = nil) throws -> [AgeIdentity] {
        guard let identity else { return try AgeKeyFiles((try machine ?? options.load()).server).read() }
        return try GivenIdentities.read(FilePath(identity), Effects.ofThisProcess.reporter) {
            try passphrase.read(prompt: "passphrase of \(identity)")
        }
    }
}
