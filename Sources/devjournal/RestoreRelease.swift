import Backup
import Catalogue
import DurableFiles
import Glibc
import JournalFormat
import JournalStore
import Machines
import Sealing
import SystemPackage

/// Gives a label's streams out to a workstation. The journal says so, durably, before the first byte leaves.
struct RestoreRelease {
    /// How long a person's word counts.
    private static let hours = 24

    private let machine: Machine

    init(_ machine: Machine) {
        self.machine = machine
    }

    func send(_ label: Label, after: Label?, to workstation: Keyring.Entry, _ state: BackupState) async throws {
        let word = try confirmation(label, workstation)
        try await send(
            label, after: after, to: "\(workstation.name) \(workstation.id)", state, word, withFrames: true)
    }

    /// The send streams of the label's chain after `after`, one after the other, to standard output.
    ///
    /// - Parameter withFrames: whether the hashes of its frames stand before each stream, as `StreamRelay` wants them.
    func send(
        _ label: Label, after: Label?, to destination: String, _ state: BackupState, _ word: String? = nil,
        withFrames: Bool
    ) async throws {
        let steps = try RestorePlan(label, state).steps(after: after)
        let opener = ArtifactOpener(try AgeKeyFiles(machine.server).read())
        for step in steps where !pathExists(path(of: step)) {
            throw Complaint(
                "the artifact \(path(of: step)) is missing",
                hint: "on the server: devjournal fetch \(step.artifact.label)", .notFound)
        }
        try record(.recordRelease(label, after: after, to: destination, confirmed: word))
        let watch = Task.detached { await Self.endWithoutReader() }
        defer { watch.cancel() }
        for step in steps {
            if withFrames {
                let frames = try await opener.frames(path(of: step), step, machine.server)
                try write(Array(FrameHashes.header(frames.digests.count).utf8) + frames.text)
            }
            _ = try await opener.open(path(of: step), step, into: .descriptor(.standardOutput))
        }
    }

    private func write(_ bytes: [UInt8]) throws(FileFailure) {
        try attempt("write", "standard output") { _ = try FileDescriptor.standardOutput.writeAll(bytes) }
    }

    /// A workstation compares whole trees before it reads on; one that has not read for so long is not coming back.
    private static let patience = 12 * 3_600

    private static func endWithoutReader() async {
        var watch = ReaderWatch(silence: Double(patience))
        while (try? await Task.sleep(for: .seconds(60))) != nil {
            guard watch.isOver(STDOUT_FILENO) else { continue }
            Terminal.say("error: the streams were not taken: nothing was read for \(patience / 3_600) hours")
            exit(ExitStatus.failed.rawValue)
        }
    }

    private func path(of step: BackupState.Entry) -> FilePath { machine.server.root.appending(step.localPath) }

    private func record(_ release: Command) throws {
        var journal = try machine.openJournal()
        _ = try machine.record(release, in: &journal)
    }

    // MARK: A person's word

    /// Lets that workstation restore the label for a day.
    func allow(_ label: Label, for workstation: Keyring.Entry) throws {
        _ = try RestorePlan(label, try machine.state())
        try makeDirectories(machine.server.releases, permissions: 0o700)
        let login = Account.login ?? "somebody"
        try writeFileAtomically(note(label, workstation), Array("\(Clock.now()) \(login)\n".utf8))
    }

    /// Nil where none is asked for.
    private func confirmation(_ label: Label, _ workstation: Keyring.Entry) throws -> String? {
        guard machine.confirmsReleases else { return nil }
        let note = note(label, workstation)
        if pathExists(note) {
            let text = String(decoding: try readFile(note, limit: 256), as: UTF8.self)
            let words = text.split(whereSeparator: \.isWhitespace)
            if let time = words.first.flatMap({ Timestamp(String($0)) }),
                time.milliseconds + Self.hours * 3_600_000 > Clock.now().milliseconds
            {
                return words.joined(separator: " ")
            }
        }
        throw Complaint(
            "restoring \(label) waits for somebody at the server to allow it",
            hint: "on the server: devjournal release \(label) --to \(workstation.name)", .refused)
    }

    private func note(_ label: Label, _ workstation: Keyring.Entry) -> FilePath {
        machine.server.releases.appending("\(workstation.id).\(label)")
    }
}
