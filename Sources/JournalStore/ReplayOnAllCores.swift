internal import CLinux
internal import Digest
internal import JournalFormat

extension JournalDirectory {
    /// The cores that this process may use.
    static var availableCores: Int { Int(clinux_available_cores()) }

    /// Reads and judges all records, their signatures on all cores.
    ///
    /// The verdict is always that of one thread which applies the rules in their order. The other threads only say
    /// that nothing is wrong with the signatures of what it has accepted. Where anything is wrong the journal is read
    /// again, and each rule applied in its place, but for the signatures that were found good: the head that follows
    /// them tells whether they are still the same.
    ///
    /// - Parameter replay: has read nothing yet.
    func readOnAllCores(
        into replay: inout Replay, upTo limit: Int, cores: Int = availableCores
    ) throws(JournalError) {
        var checked = SignatureWorkers.Prefix(size: 0, head: SHA256Digest())
        if cores > 1 {
            var trial = replay.fromTheStart()
            let found = readLeavingSignatures(into: &trial, upTo: limit, cores: cores)
            if found.isSound {
                replay = trial
                return
            }
            checked = found.checked
        }
        var second = replay.fromTheStart(watching: checked.size)
        var failure: JournalError?
        do {
            try read(into: &second, upTo: limit, nil) { (verifier, line, _, _) throws(DamageError) in
                try verifier.accept(line, checkingSignatures: verifier.size >= checked.size)
            }
        } catch {
            failure = error
        }
        if checked.size == 0 || second.verifier.moments[checked.size]?.head == checked.head {
            replay = second
            if let failure { throw failure }
            return
        }
        // Somebody has changed the files meanwhile: nothing that was found before holds for them.
        try read(into: &replay, upTo: limit, nil) { (verifier, line, _, _) throws(DamageError) in
            try verifier.accept(line)
        }
    }

    /// - Returns: whether nothing is wrong, and up to where at least the signatures are good.
    private func readLeavingSignatures(
        into replay: inout Replay, upTo limit: Int, cores: Int
    ) -> (isSound: Bool, checked: SignatureWorkers.Prefix) {
        var workers = SignatureWorkers(cores: cores)
        var isSound = true
        do {
            try read(into: &replay, upTo: limit, nil) { (verifier, line, _, _) throws(DamageError) in
                try workers.accept(line, by: &verifier)
            }
        } catch {
            isSound = false
        }
        if let beforeBad = workers.finish() { return (false, beforeBad) }
        return (isSound, .init(size: replay.verifier.size, head: replay.verifier.head))
    }
}
