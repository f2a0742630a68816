import Digest
import Foundation
import JournalFormat
import Sodium

/// `fixtures/vectors.json`: keys, and what the format makes of them.
package struct Vectors: Decodable, Sendable {
    package struct Key: Decodable, Sendable {
        package let role: String
        package let seed: String
        package let `public`: String
        package let kid: String
    }

    package struct Proof: Decodable, Sendable {
        package let log: String
        package let role: String
        package let `public`: String
        package let seed: String
        package let message: String
        package let proof: String
    }

    package struct Prev: Decodable, Sendable {
        package let line: Int
        package let prevOfLine5: String

        private enum CodingKeys: String, CodingKey {
            case line
            case prevOfLine5 = "prev_of_line_5"
        }
    }

    package struct Signed: Decodable, Sendable {
        package let line: Int?
        package let signed: String
        package let kid: String
        package let sig: String
        package let due: String?
        package let keyHash: String?
        package let verifierKey: String?

        private enum CodingKeys: String, CodingKey {
            case line, signed, kid, sig, due
            case keyHash = "key_hash"
            case verifierKey = "verifier_key"
        }
    }

    package struct Cosigner: Decodable, Sendable {
        package let file: String
        package let seed: String
        package let verifierKey: String
        package let time: Int

        private enum CodingKeys: String, CodingKey {
            case file, seed, time
            case verifierKey = "verifier_key"
        }
    }

    package struct MerkleRoots: Decodable, Sendable {
        package let leaves: [String]
        package let roots: [String]
    }

    package let keys: [Key]
    package let proof: Proof
    package let prev: Prev
    package let event: Signed
    package let record: Signed
    package let checkpoint: Signed
    package let cosigners: [Cosigner]
    package let rfc6962: MerkleRoots

    private enum CodingKeys: String, CodingKey {
        case keys, prev, event, record, checkpoint, cosigners, rfc6962
        case proof = "proof_of_possession"
    }

    package init() throws {
        self = try JSONDecoder().decode(
            Vectors.self, from: Data(contentsOf: Fixtures.folder.appending(path: "vectors.json")))
    }

    /// The key of that role, able to sign.
    package func key(_ role: KeyRole) throws -> JournalKey {
        guard let key = keys.first(where: { $0.role == role.rawValue }) else { throw Missing(role.rawValue) }
        return try signingKey(seed: key.seed, role: role)
    }
}

/// A signing key from its seed in hex.
package func signingKey(seed: String, role: KeyRole) throws -> JournalKey {
    guard var seed = decodeHexadecimal(seed) else { throw Missing("a seed in hex") }
    return JournalKey(Ed25519.SigningKey(seed: SecretBytes(moving: &seed)), role: role)
}

/// Something that a fixture was to hold.
package struct Missing: Error {
    package let what: String

    package init(_ what: String) {
        self.what = what
    }
}

/// Where the fixtures are, and the journals among them.
package enum Fixtures {
    package static let repository = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../..").standardizedFileURL
    package static let folder = repository.appending(path: "fixtures")

    package static func journal(_ name: String) -> URL { folder.appending(path: "journals/\(name)") }

    /// The lines of a journal's first segment, each with its LF.
    package static func lines(_ name: String) throws -> [[UInt8]] {
        let bytes = [UInt8](try Data(contentsOf: journal(name).appending(path: "000000000001.jsonl")))
        return lines(of: bytes)
    }

    /// Cuts after each LF; bytes after the last one are a piece of their own.
    package static func lines(of bytes: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = [[]]
        for byte in bytes {
            lines[lines.count - 1].append(byte)
            if byte == UInt8(ascii: "\n") { lines.append([]) }
        }
        return lines.last == [] ? lines.dropLast() : lines
    }
}

extension Fixtures {
    /// A text file of a journal: `good-month/checkpoint`.
    package static func text(_ name: String) throws -> String {
        try String(contentsOf: folder.appending(path: "journals/\(name)"), encoding: .utf8)
    }
}
