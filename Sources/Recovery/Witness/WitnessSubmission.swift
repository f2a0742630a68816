import Backup
import BackupJournal
import Digest
package import JournalFormat
import JournalStore
package import Machines
import Sodium
import SystemPackage

/// `witness submit`: a checkpoint for a witness elsewhere to cosign (C2SP tlog-witness). It gets the note and hashes that
/// show that the journal continues what it has cosigned, and never a record.
package struct WitnessSubmission {
    /// Where checkpoints are taken, and whose cosignature is expected.
    package struct Place: Sendable {
        package let url: String
        package let key: VerifierKey

        /// - Parameters:
        ///   - url: the submission prefix.
        ///   - key: the witness's verifier key.
        package init(url: String, key: String) throws {
            guard let parsed = VerifierKey(key), parsed.algorithm == .cosignature else {
                throw WitnessSubmissionError.noKey(key)
            }
            try self.init(url: url, parsed)
        }

        private init(url: String, _ key: VerifierKey) throws {
            let isPlain = url.utf8.allSatisfy { (0x21...0x7e).contains($0) }
            guard isPlain, url.hasPrefix("https://") || url.hasPrefix("http://") else {
                throw WitnessSubmissionError.noURL(url)
            }
            self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
            self.key = key
        }

        /// The witnesses of a policy that say where they are.
        package static func all(of policy: WitnessPolicy, _ path: String) throws -> [Place] {
            let places = try policy.witnesses.compactMap { witness in
                try witness.url.map { try Place(url: $0, witness.key) }
            }
            guard !places.isEmpty else { throw WitnessSubmissionError.noWitness(path) }
            return places
        }
    }

    /// A witness's size may change between two requests, and the journal may grow; more often than this is not honest.
    private static let attempts = 4

    private let machine: Machine
    private let service: any WitnessService

    package init(_ machine: Machine, _ service: any WitnessService = HTTPWitnessService()) {
        self.machine = machine
        self.service = service
    }

    /// Submits the journal's head, and keeps the cosignature with the checkpoint.
    ///
    /// - Returns: the cosigned note.
    package func submit(to place: Place) throws -> SignedCheckpoint {
        var old = 0
        for _ in 0..<Self.attempts {
            // Not held open while anything travels.
            let note = try machine.openJournal(.reading).writeCheckpoint()
            let size = note.checkpoint.size
            guard old <= size else {
                throw WitnessSubmissionError.rolledBack(place.url, cosigned: old, size: size)
            }
            let answer = try service.post(try request(note, from: old), to: "\(place.url)/add-checkpoint")
            switch answer.status {
            case 200: return try keep(answer, below: note, place)
            case 409: old = try cosignedSize(answer, place, asked: old)
            case 403: throw WitnessSubmissionError.unknownKey(place.url)
            case 404: throw WitnessSubmissionError.unknownLog(place.url)
            case 422: throw WitnessSubmissionError.forked(place.url, cosigned: old)
            default: throw WitnessSubmissionError.strange(place.url, status: answer.status)
            }
        }
        throw WitnessSubmissionError.overtaken(place.url)
    }

    /// What became of asking several witnesses.
    package struct Round {
        /// With all cosignatures of its text; nil where nobody has cosigned.
        package fileprivate(set) var note: SignedCheckpoint?
        package fileprivate(set) var failures: [WitnessSubmissionError] = []
    }

    /// Asks one witness after the other. One that is out of reach or refuses keeps none of the others from cosigning.
    ///
    /// - Throws: what is wrong with the journal itself.
    package func submit(toAll places: [Place]) throws -> Round {
        var round = Round()
        for place in places {
            do {
                let note = try submit(to: place)
                round.note = round.note?.text == note.text ? round.note?.merged(with: note) : note
            } catch let failure as WitnessSubmissionError {
                round.failures.append(failure)
            }
        }
        return round
    }

    /// What a 409 says: the size that the witness has cosigned.
    private func cosignedSize(_ answer: WitnessAnswer, _ place: Place, asked: Int) throws -> Int {
        let text = String(decoding: answer.body, as: UTF8.self)
        guard answer.contentType?.split(separator: ";").first == "text/x.tlog.size", text.hasSuffix("\n"),
            let size = Int(text.dropLast()),
            size >= 0, "\(size)\n" == text
        else {
            // Of the very size that it has cosigned: then the roots differ.
            guard asked > 0 else { throw WitnessSubmissionError.strange(place.url, status: answer.status) }
            throw WitnessSubmissionError.forked(place.url, cosigned: asked)
        }
        guard size != asked else { throw WitnessSubmissionError.forked(place.url, cosigned: asked) }
        return size
    }

    /// The size before, the proof, and the note with the sequencer's signature alone.
    private func request(_ note: SignedCheckpoint, from old: Int) throws -> [UInt8] {
        let proof = old == 0 ? [] : try consistency(from: old, to: note.checkpoint.size)
        let lines = ["old \(old)"] + proof.map { Base64.encode($0.bytes) }
        return Array("\(lines.joined(separator: "\n"))\n\n\(note.alone.note)".utf8)
    }

    private func consistency(from old: Int, to size: Int) throws -> [SHA256Digest] {
        var prover = MerkleProver(consistencyFrom: old, to: size)
        var hasher = SHA256()
        _ = try machine.replay(upTo: size) { _, line in prover.append(line, &hasher) }
        return prover.path()
    }

    private func keep(
        _ answer: WitnessAnswer, below note: SignedCheckpoint, _ place: Place
    ) throws -> SignedCheckpoint {
        let cosignatures = note.cosignatures(in: answer.body, by: [place.key])
        guard !cosignatures.isEmpty else { throw WitnessSubmissionError.notCosigned(place.url, place.key) }
        let cosigned = note.adding(cosignatures)
        return try machine.openJournal(.reading).keep(cosigned)
    }
}
