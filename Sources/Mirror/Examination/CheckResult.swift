/// What one check of an examination found, for a person and a script.
package struct CheckResult: Equatable, Sendable {
    package enum Verdict: String, Sendable {
        case ok
        case warning
        case failed = "FAILED"
        /// A check that did not run is not a pass.
        case notRun = "not run"
    }

    /// One word, the same in every version.
    package let name: String
    package let verdict: Verdict
    package let detail: String
    /// The exact command or setting that mends it.
    package let remedy: String?

    package init(_ name: String, _ verdict: Verdict, _ detail: String, remedy: String? = nil) {
        self.name = name
        self.verdict = verdict
        self.detail = detail
        self.remedy = remedy
    }
}

extension CheckResult {
    /// How far this machine's clock may be away from the store's, in seconds: what is worth a look, and where stores
    /// begin to refuse signatures.
    static let clockWarning = 60
    static let clockLimit = 15 * 60

    /// - Parameter ahead: seconds that the store's clock is ahead of this machine's; nil where it has none.
    static func clock(storeAhead ahead: Int?) -> CheckResult {
        guard let ahead else { return CheckResult("clock", .notRun, "the store reports no time") }
        let apart = abs(ahead)
        let way = ahead > 0 ? "behind" : "ahead of"
        let detail = apart < 2 ? "in step with the store's" : "\(apart) s \(way) the store's"
        if apart < clockWarning { return CheckResult("clock", .ok, detail) }
        return CheckResult(
            "clock", apart < clockLimit ? .warning : .failed,
            apart < clockLimit ? detail : "\(detail), which refuses what is signed so",
            remedy: "timedatectl set-ntp true")
    }

    /// Uploads older than this are nobody's any more, in seconds: a running push makes some of its own.
    static let uploadGrace = 86_400

    /// - Parameters:
    ///   - bucket: nil for a directory.
    ///   - now: seconds since 1970.
    static func uploads(
        _ found: [(name: String, id: String?, begunAt: Int?)], bucket: (name: String, prefix: String)?, now: Int
    ) -> CheckResult {
        if found.isEmpty { return CheckResult("uploads", .ok, "no upload was left unfinished") }
        guard let bucket else {
            return CheckResult(
                "uploads", .ok, "\(found.count) left unfinished; the next push removes what is there of it")
        }
        let stale = found.filter { $0.begunAt.map { now - $0 > uploadGrace } ?? true }
        guard let first = stale.first else {
            return CheckResult("uploads", .ok, "\(found.count) begun within a day: a push may be at it")
        }
        let days = first.begunAt.map { ", begun \((now - $0) / 86_400) days ago" } ?? ""
        var remedy = "devjournal push continues with those it needs"
        if let id = first.id {
            remedy +=
                "; to remove one that nobody needs: aws s3api abort-multipart-upload --bucket \(bucket.name) "
                + "--key \(bucket.prefix)\(first.name) --upload-id \(id)"
        }
        return CheckResult(
            "uploads", .warning,
            "\(stale.count) left unfinished for more than a day, such as \(first.name)\(days); R2 drops them, parts and "
                + "all, 7 days after they began", remedy: remedy)
    }
}
