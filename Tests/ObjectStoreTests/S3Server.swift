import Foundation
import ObjectStore
import SystemPackage

/// The real S3 server that these tests were started with, by `Tests/s3/with_seaweedfs.sh`.
///
/// Without it the tests of a bucket do not run; `tools/test.sh` has a step of its own that starts it.
enum S3Server {
    private static func variable(_ name: String) -> String? { ProcessInfo.processInfo.environment[name] }

    static var isThere: Bool { variable("S3_ENDPOINT") != nil }

    struct Missing: Error {}

    static func settings() throws -> S3Settings {
        guard let endpoint = variable("S3_ENDPOINT"), let credentials = variable("S3_CREDENTIALS") else {
            throw Missing()
        }
        var settings = S3Settings()
        settings.endpoint = endpoint
        settings.credentials = FilePath(credentials)
        settings.partSize = 5 << 20
        return settings
    }
}
