internal import CLinux
internal import Curl

extension S3Store {
    /// What an answer other than success means, in a store's terms.
    func failure(_ answer: S3Answer, _ doing: String) -> StoreError {
        let code = answer.code
        let said = Self.printable(answer.errorElement?["Message"] ?? code ?? "status \(answer.status)")
        let text = "the store \(location.endpoint) refused to \(doing): \(said)"
        switch (answer.status, code) {
        case (_, "RequestTimeTooSkewed"):
            return StoreError(
                .denied, "this machine's clock is \(skew(answer)) the store's, which refuses that",
                hint: "set the clock (timedatectl set-ntp true), then try again")
        case (_, "NoSuchBucket"):
            return .missing("there is no bucket \(location.bucket) at \(location.endpoint)")
        case (_, "ObjectLockedByBucketPolicy"):
            return StoreError(
                .denied, "\(text) (a bucket lock rule protects it)",
                hint: "devjournal doctor remote explains lock rules")
        case (_, "InvalidAccessKeyId"), (_, "SignatureDoesNotMatch"), (_, "InvalidToken"), (_, "ExpiredToken"),
            (401, _):
            return StoreError(
                .denied, "the store \(location.endpoint) does not accept the credentials: \(said)",
                hint: "check the key in S3_CREDENTIALS or the environment, and S3_REGION")
        case (403, _):
            return StoreError(.denied, text, hint: "may this key do that in the bucket \(location.bucket)?")
        case (404, _): return .missing(text)
        case (412, _): return .conditionFailed(text)
        case (507, _), (_, "QuotaExceeded"), (_, "EntityTooLarge"): return StoreError(.full, text)
        case (300..<400, _):
            return .refused(
                "the store \(location.endpoint) sends to another address (status \(answer.status))",
                hint: "check S3_ENDPOINT, S3_REGION and S3_STYLE; redirects are not followed")
        case (501, _):
            return .refused(
                "the store \(location.endpoint) does not support what is needed to \(doing): \(said)",
                hint: "devjournal doctor remote shows what else it lacks; trying again cannot help")
        case (408, _), (409, _), (429, _), (500..., _): return .unreachable(text, hint: "try again later")
        case (_, "BadDigest"), (_, "XAmzContentSHA256Mismatch"), (_, "IncompleteBody"):
            return .refused(text, hint: "it was damaged on its way; try again")
        default: return .refused(text)
        }
    }

    /// What a conditional write that is answered so says of the store itself, whatever is stored there.
    func demandConditions(_ answer: S3Answer, _ condition: PutCondition) throws(StoreError) {
        guard answer.status == 501, condition != .always else { return }
        let name = condition == .ifAbsent ? "If-None-Match" : "If-Match"
        throw .refused(
            "the store \(location.endpoint) does not support conditional writes (\(name)), so it cannot hold a journal",
            hint: ConditionSupport.remedy)
    }

    /// How far the clocks are apart, in words.
    private func skew(_ answer: S3Answer) -> String {
        guard let date = answer.head["date"], let theirs = Self.unixSeconds(httpDate: date) else {
            return "not in step with"
        }
        let difference = settings.unixSeconds() - theirs
        return "\(abs(difference)) s \(difference < 0 ? "behind" : "ahead of")"
    }

    /// `Wed, 25 Nov 2026 12:04:20 GMT` (RFC 9110, 5.6.7); nil for another form.
    static func unixSeconds(httpDate text: String) -> Int? {
        let seconds = unsafe clinux_http_date(text)
        return seconds < 0 ? nil : Int(seconds)
    }

    /// What a stranger wrote, as one harmless line without a final period.
    private static func printable(_ text: String) -> String {
        let visible = text.unicodeScalars.prefix(1_000).filter { scalar in
            switch scalar.properties.generalCategory {
            // C0, C1, what turns the direction of writing, what ends a line.
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
            default: true
            }
        }
        var line = String(String.UnicodeScalarView(visible.prefix(200)))
        while line.hasSuffix(".") || line.hasSuffix(" ") { line.removeLast() }
        return line
    }
}
