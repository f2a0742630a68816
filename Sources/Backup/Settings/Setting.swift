internal import JournalFormat

/// A key of the configuration: what it may say, and what counts where it says nothing. A key is a line of `all`; the
/// scripts get every one of them from `devjournal config --shell`.
package struct Setting: Sendable {
    package let name: String
    /// The default; `{}` in it stands for the data set.
    let usual: String
    private let rule: Rule

    private enum Rule {
        case text
        case path
        case dataset, host, user
        case word([String])
        /// The words say which numbers: `of bytes`.
        case number(ClosedRange<Int>, String)
    }

    private init(_ name: String, _ usual: String = "", _ rule: Rule = .text) {
        (self.name, self.usual, self.rule) = (name, usual, rule)
    }

    package static let all: [Setting] = [
        Setting("DATASET", "dev", .dataset),
        Setting("LS_ROOT", "/srv/btrfs-backups/{}", .path),
        Setting("CODE", "/home/chuck/code", .path),
        Setting("ALLOW_NESTED"),
        Setting("SNAPSHOTS", "", .path),
        Setting("WS_STATE", "/var/lib/devjournal/{}", .path),
        Setting("MIRROR"),
        Setting("S3_ENDPOINT"),
        Setting("S3_CREDENTIALS", "", .path),
        Setting("S3_REGION"),
        Setting("S3_STYLE", "", .word(["path", "virtual"])),
        Setting("S3_CA_FILE", "", .path),
        Setting("S3_RATE_LIMIT", "", .number(1024...(.max), "of bytes a second, from 1024 on")),
        Setting("S3_TIMEOUT", "60", .number(1...3600, "of seconds from 1 to 3600")),
        Setting("S3_ATTEMPTS", "10", .number(1...100, "of attempts from 1 to 100")),
        Setting("S3_PART_SIZE", "32", .number(5...4995, "of MiB from 5 to 4995")),
        Setting("PUSH_INTERVAL", "30", .number(0...86_400, "of seconds from 0 to 86400")),
        Setting("RECIPIENTS"),
        Setting("RESERVE_BYTES", "", .number(0...(.max), "of bytes")),
        Setting("AUTHOR_EVENTS_PER_DAY", "\(AuthorQuota().events)", .number(1...(.max), "from 1 on")),
        Setting("AUTHOR_BYTES_PER_DAY", "\(AuthorQuota().bytes)", .number(1...(.max), "from 1 on")),
        Setting("AUTHOR_ARTIFACTS_PER_DAY", "\(AuthorQuota().artifacts)", .number(1...(.max), "from 1 on")),
        Setting("WORKTREE", "on", .word(["on", "off"])),
        Setting("WORKTREE_SPECIAL", "strip", .word(["strip", "keep"])),
        Setting("SCHEMA_DIR", "", .path),
        Setting("CLOCK", "ntp", .word(["ntp", "trusted"])),
        Setting("LS_HOST", "", .host),
        Setting("LS_PORT", "22", .number(1...65535, "of a port")),
        Setting("LS_USER", "devjournal", .user),
        Setting("KEEP_SPOOL", "mirrored", .word(["mirrored", "registered"])),
        Setting("NOTIFY_CMD"),
        Setting("PING_URL"),
        Setting("RELEASE", "auto", .word(["auto", "confirm"])),
        Setting("LS_CONFIG", "", .path),
    ]

    package static func named(_ name: some StringProtocol) -> Setting? { all.first { $0.name == name } }

    /// What is wrong with a value, as the end of a sentence; nil where nothing is. Nothing at all is the default, but not
    /// in the place of a path, a name or a word.
    func complaint(about value: String) -> String? {
        if value.isEmpty {
            switch rule {
            case .text, .number: return nil
            case .path, .dataset, .host, .user, .word: if usual.isEmpty { return nil }
            }
        }
        let isFine =
            switch rule {
            case .text: true
            case .path: value.hasPrefix("/")
            case .dataset: KeyEvent.isDataset(value)
            case .host: !value.hasPrefix("-") && value.utf8.allSatisfy(Self.isOfHost)
            case .user: Self.isUser(value)
            case .word(let words): words.contains(value)
            case .number(let range, _): value.utf8.allSatisfy(Self.isDigit) && Int(value).map(range.contains) == true
            }
        guard !isFine else { return nil }
        return switch rule {
        case .text: nil
        case .path: "\(name)=\(value) is not an absolute path"
        case .dataset: "\(name)=\(value) is not a data set's name: a-z, 0-9, - and _"
        case .host: "\(name)=\(value) is not a host's name"
        case .user: "\(name)=\(value) is not a user's name"
        case .word(let words): "\(name) must be \(words.joined(separator: " or ")), not '\(value)'"
        case .number(_, let which): "\(name)=\(value) is not a number \(which)"
        }
    }

    private static func isUser(_ name: String) -> Bool {
        guard let first = name.utf8.first, !isDigit(first), first != UInt8(ascii: "-") else { return false }
        return name.utf8.allSatisfy {
            ($0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z")) || isDigit($0) || "_-".utf8.contains($0)
        }
    }
    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
    private static func isOfHost(_ byte: UInt8) -> Bool {
        isDigit(byte) || ((byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z"))
            || ".:_-".utf8.contains(byte)
    }

    /// The key that somebody may have meant.
    package static func nearest(to name: String) -> String? {
        Backup.nearest(to: name.uppercased(), among: all.map(\.name))
    }
}
