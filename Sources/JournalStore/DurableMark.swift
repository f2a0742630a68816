internal import Digest
internal import DurableFiles
internal import SystemPackage

/// What `durable` says: up to where a segment is on the disk.
///
///     devjournal-durable-v1 BOOT FIRST DEVICE:INODE BYTES sure HASH
///
/// It is written in place and never made durable: another start of the machine does not believe it. `bytes` are on the
/// disk whatever else is in doubt.
struct DurableMark: Equatable {
    /// The start of the machine that it was written in.
    let boot: String
    /// The number of the segment's first record.
    let firstSeq: Int
    /// The segment's file.
    let file: String
    var bytes: Int64
    /// Whether a sync was begun, or the file was to be changed, and nobody has told how that ended.
    var isInDoubt: Bool

    private static let magic = "devjournal-durable-v1"
    private static let limit = 512

    /// Changes with every start of the machine; nil where the system does not say, and then nothing is believed.
    static let thisBoot: String? = {
        guard let bytes = try? readFile("/proc/sys/kernel/random/boot_id", limit: 64) else { return nil }
        return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }()

    /// Of a segment that is open.
    init(_ segment: borrowing OpenFile, firstSeq: Int, bytes: Int64, isInDoubt: Bool) throws(FileFailure) {
        boot = Self.thisBoot ?? "-"
        self.firstSeq = firstSeq
        file = try segment.stamp().identity
        self.bytes = bytes
        self.isInDoubt = isInDoubt
    }

    /// Nil where the file holds nothing, or no whole mark.
    init?(readFrom file: borrowing OpenFile) throws(FileFailure) {
        let text = String(decoding: try file.read(Self.limit, at: 0).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 7, words[0] == Self.magic, let firstSeq = Int(words[2]), let bytes = Int64(words[4]),
            bytes >= 0, words[5] == "sure" || words[5] == "doubt",
            words[6] == Self.check(String(text[..<words[5].endIndex]))
        else { return nil }
        boot = String(words[1])
        self.firstSeq = firstSeq
        self.file = String(words[3])
        self.bytes = bytes
        isInDoubt = words[5] == "doubt"
    }

    private var text: String { "\(Self.magic) \(boot) \(firstSeq) \(file) \(bytes) \(isInDoubt ? "doubt" : "sure")" }

    /// A reader without a lock may see one half of this mark and one of that.
    private static func check(_ text: String) -> String {
        String(SHA256.hash(Array(text.utf8).span).hex.prefix(16))
    }

    func write(to file: borrowing OpenFile) throws(FileFailure) {
        try file.write(Array("\(text) \(Self.check(text))\n".utf8).span, at: 0)
    }

    /// Whether it speaks of this segment, as it is now.
    func fits(_ segment: borrowing OpenFile, firstSeq: Int) throws(FileFailure) -> Bool {
        let stamp = try segment.stamp()
        return boot == Self.thisBoot && firstSeq == self.firstSeq && file == stamp.identity && bytes <= stamp.size
    }
}
