import Curl
import Foundation
import ObjectStore
import ScratchSpace
import SystemPackage
import Testing

/// What only a bucket's server can refuse.
@Suite(.enabled(if: S3Server.isThere))
struct ConformanceOfS3Tests {
    private let scratch: ScratchDirectory
    private let url = "s3://refusals"

    init() throws {
        scratch = try ScratchDirectory()
        _ = try ObjectStores.create(url: url, s3: try S3Server.settings())
    }

    private func error(_ settings: S3Settings) -> StoreError? {
        do {
            _ = try ObjectStores.open(url: url, s3: settings)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "Wrong credentials are denied with what to do, and never shown",
        arguments: [("AWS_SECRET_ACCESS_KEY", "not-this-secret"), ("AWS_ACCESS_KEY_ID", "nobody")])
    func credentials(name: String, value: String) throws {
        // given
        var settings = try S3Server.settings()
        let right = try String(contentsOfFile: try #require(settings.credentials).string, encoding: .utf8)
        let wrong = right.split(separator: "\n").map { $0.hasPrefix(name) ? "\(name)=\(value)" : String($0) }
        let file = scratch.path.appending("credentials")
        try plant(file, Array(wrong.joined(separator: "\n").utf8))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.string)
        settings.credentials = file
        // when
        let error = error(settings)
        // then
        #expect(error?.kind == .denied)
        #expect(error?.description.contains("does not accept the credentials") == true)
        #expect(error?.hint?.contains("S3_CREDENTIALS") == true)
        for secret in wrong.filter({ $0.hasPrefix("AWS_SECRET_ACCESS_KEY") }).compactMap({
            $0.split(separator: "=").last
        }) {
            #expect(error?.description.contains(secret) == false)
        }
    }

    @Test("A clock that is 20 minutes off is denied by its name; 10 minutes are not", arguments: [-1, 1])
    func clock(direction: Int) throws {
        var settings = try S3Server.settings()
        settings.unixSeconds = { Int(Date().timeIntervalSince1970) + direction * 20 * 60 }
        let error = error(settings)
        #expect(error?.kind == .denied)
        #expect(error?.description.contains("clock is") == true)
        #expect(error?.description.contains(direction < 0 ? "behind" : "ahead of") == true)
        #expect(error?.hint?.contains("timedatectl set-ntp true") == true)
        let examined = try ObjectStores.examine(url: url, s3: settings)
        let ahead = try #require(try examined.reach().clockAhead)
        #expect(abs(ahead + direction * 20 * 60) < 30, "an examination can tell, although every request is refused")

        settings.unixSeconds = { Int(Date().timeIntervalSince1970) + direction * 10 * 60 }
        #expect(self.error(settings) == nil)
    }

    @Test("A missing bucket is named")
    func bucket() throws {
        let settings = try S3Server.settings()
        let error = #expect(throws: StoreError.self) {
            try ObjectStores.open(url: "s3://never-made", s3: settings)
        }
        #expect(error?.kind == .missing)
        #expect(error?.description.hasPrefix("there is no bucket never-made at \(settings.endpoint ?? "")") == true)
    }

    @Test("An upload that was begun and left is reported, with when and where")
    func unfinished() throws {
        // given
        let settings = try S3Server.settings()
        try begin(key: "backups/dev/left", settings)
        // when
        let store = try ObjectStores.examine(url: "\(url)/backups", s3: settings)
        let found = try store.unfinishedUploads(prefix: "dev/")
        // then
        #expect(found.map(\.name) == ["dev/left"])
        #expect(found.first?.id?.isEmpty == false)
        let begun = try #require(found.first?.begunAt)
        #expect(abs(begun - Int(Date().timeIntervalSince1970)) < 60)
        #expect(try store.unfinishedUploads(prefix: "other/") == [])
    }

    private func begin(key: String, _ settings: S3Settings) throws {
        let endpoint = try #require(settings.endpoint)
        let host = try #require(endpoint.split(separator: "/").last).description
        let signer = SignatureV4(
            region: "auto", service: "s3", time: SignatureTime(unixSeconds: Int(Date().timeIntervalSince1970)))
        let hash = SignatureV4.Request.emptyPayloadHash
        let path = "/refusals/\(key)"
        var headers = [("Host", host), ("x-amz-content-sha256", hash), ("x-amz-date", signer.time.timestamp)]
            .map { (name: $0.0, value: $0.1) }
        let authorization = signer.authorization(
            of: SignatureV4.Request(
                method: "POST", path: path, query: [("uploads", "")], headers: headers, payloadHash: hash),
            with: try S3Credentials(file: try #require(settings.credentials)))
        headers.append((name: "Authorization", value: authorization))
        let answer = try CurlSession(CurlSession.Options()).perform(
            HTTPRequest(method: "POST", url: "\(endpoint)\(path)?uploads=", headers: headers))
        #expect(answer.head.status == 200)
    }
}
