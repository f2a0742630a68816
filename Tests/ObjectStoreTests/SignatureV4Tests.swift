import Digest
import Foundation
import ObjectStore
import Sodium
import Testing

/// The four examples of "Signature Calculations for the Authorization Header" in AWS's S3 reference, and the cases of
/// the published test suite that its documentation names.
struct SignatureV4Tests {
    private let example = S3Credentials(
        keyID: "AKIAIOSFODNN7EXAMPLE", secret: secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))
    private let suite = S3Credentials(
        keyID: "AKIDEXAMPLE", secret: secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))
    private let s3 = SignatureV4(region: "us-east-1", service: "s3", time: SignatureTime(unixSeconds: 1_369_353_600))
    private let service = SignatureV4(
        region: "us-east-1", service: "service", time: SignatureTime(unixSeconds: 1_440_938_160))

    private static func secret(_ text: String) -> SecretBytes {
        var bytes = Array(text.utf8)
        return SecretBytes(moving: &bytes)
    }

    private func signature(_ authorization: String) -> String? {
        authorization.components(after: "Signature=")
    }

    @Test("GET of an object's first bytes")
    func getObject() {
        let request = SignatureV4.Request(
            method: "GET", path: "/test.txt",
            headers: [
                ("Host", "examplebucket.s3.amazonaws.com"), ("Range", "bytes=0-9"),
                ("x-amz-content-sha256", SignatureV4.Request.emptyPayloadHash), ("x-amz-date", "20130524T000000Z"),
            ])
        #expect(
            s3.authorization(of: request, with: example)
                == "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
                + "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
                + "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
    }

    @Test("PUT of an object whose key has a dollar sign")
    func putObject() {
        let hash = SHA256.hash(Array("Welcome to Amazon S3.".utf8).span).hex
        let request = SignatureV4.Request(
            method: "PUT", path: "/test$file.text",
            headers: [
                ("Date", "Fri, 24 May 2013 00:00:00 GMT"), ("Host", "examplebucket.s3.amazonaws.com"),
                ("x-amz-content-sha256", hash), ("x-amz-date", "20130524T000000Z"),
                ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ], payloadHash: hash)
        #expect(
            signature(s3.authorization(of: request, with: example))
                == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
    }

    @Test("GET of a bucket's setting, and of its first keys: parameters without a value, and in order")
    func bucketQueries() {
        let headers = [
            ("Host", "examplebucket.s3.amazonaws.com"),
            ("x-amz-content-sha256", SignatureV4.Request.emptyPayloadHash), ("x-amz-date", "20130524T000000Z"),
        ]
        let lifecycle = SignatureV4.Request(method: "GET", path: "/", query: [("lifecycle", "")], headers: headers)
        #expect(
            signature(s3.authorization(of: lifecycle, with: example))
                == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
        for query in [[("max-keys", "2"), ("prefix", "J")], [("prefix", "J"), ("max-keys", "2")]] {
            let list = SignatureV4.Request(method: "GET", path: "/", query: query, headers: headers)
            #expect(
                signature(s3.authorization(of: list, with: example))
                    == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")
        }
    }

    @Test("The suite's plainest request")
    func vanilla() {
        let request = SignatureV4.Request(
            method: "GET", path: "/", headers: [("Host", "example.amazonaws.com"), ("X-Amz-Date", "20150830T123600Z")])
        #expect(
            service.authorization(of: request, with: suite)
                == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                + "SignedHeaders=host;x-amz-date, "
                + "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")
    }

    @Test(
        "Keys are encoded byte by byte, slashes stay, S3 paths are not normalised",
        arguments: [
            ("/dev@2026-01.full", "/dev%402026-01.full"), ("/a b+c~d", "/a%20b%2Bc~d"), ("/a//b/../c", "/a//b/../c"),
            ("/grün", "/gr%C3%BCn"), ("/100%", "/100%25"), ("/(!*')", "/%28%21%2A%27%29"), ("/=&?#", "/%3D%26%3F%23"),
        ])
    func paths(path: String, encoded: String) {
        #expect(s3.canonicalPath(path) == encoded)
    }

    @Test("A query is sorted by its encoded bytes, names that come twice by their values")
    func queries() {
        #expect(SignatureV4.canonicalQuery([("b", "2"), ("a", "z"), ("a", "B"), ("A", "")]) == "A=&a=B&a=z&b=2")
        #expect(SignatureV4.canonicalQuery([("é", "1"), ("e", "a b/c")]) == "%C3%A9=1&e=a%20b%2Fc")
        #expect(SignatureV4.canonicalQuery([]) == "")
    }

    @Test("A secret with one character changed, a region or a header more: each changes the signature")
    func sensitivity() {
        let headers = [("Host", "example.amazonaws.com"), ("X-Amz-Date", "20150830T123600Z")]
        let request = SignatureV4.Request(method: "GET", path: "/", headers: headers)
        let right = signature(service.authorization(of: request, with: suite))
        let other = SignatureV4(region: "auto", service: "service", time: service.time)
        #expect(signature(other.authorization(of: request, with: suite)) != right)
        var longer = request
        longer.headers.append(("x-amz-security-token", "token"))
        #expect(signature(service.authorization(of: longer, with: suite)) != right)
        #expect(signature(service.authorization(of: request, with: example)) != right)
    }
}

extension String {
    fileprivate func components(after mark: String) -> String? {
        guard let found = range(of: mark) else { return nil }
        return String(self[found.upperBound...])
    }
}

struct SignatureTimeTests {
    @Test(
        "Times as a store writes them, back to seconds",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2013-05-24T00:00:00.000Z", 1_369_353_600),
            ("2024-02-29T23:59:59.999Z", 1_709_251_199), ("2000-03-01T12:34:56Z", 951_914_096),
        ])
    func seconds(text: String, seconds: Int) {
        #expect(SignatureTime.unixSeconds(iso8601: text) == seconds)
    }

    @Test(
        "What is no such time is none",
        arguments: [
            "", "2024-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z", "2024-01-01T24:00:00Z",
            "2024-01-01T00:60:00Z", "2024-01-01T00:00:00", "2024-01-01", "yesterday", "1969-12-31T23:59:59Z",
        ])
    func refused(text: String) {
        #expect(SignatureTime.unixSeconds(iso8601: text) == nil)
    }
}
