package import SystemPackage

/// How to reach and use a bucket, as far as its URL does not say it.
package struct S3Settings: Sendable {
    /// `https://ACCOUNT.r2.cloudflarestorage.com`
    package var endpoint: String?
    /// The same, whatever the URL says.
    package var onlyEndpoint: String?
    package var region: String?
    /// `path` or `virtual`.
    package var style: String?
    /// Trusted certificates (PEM) instead of the system's.
    package var certificates: FilePath?
    /// A file of mode 0600; nil: the environment.
    package var credentials: FilePath?
    /// Bytes of a part, and the most that is sent in one PUT. Larger where a file needs more than 10,000 parts.
    package var partSize: Int64 = 32 << 20
    package var partsInFlight = 4
    /// Bytes a second, up and down together; nil: as fast as it goes.
    package var rateLimit: Int64?
    /// Seconds without a byte after which a connection is given up.
    package var timeout = 60
    /// Bytes a second below which, for so long, a connection is given up as well.
    package var slowest = 1_000
    /// Seconds for a whole request that brings or takes little; more where it may bring or take much.
    package var requestSeconds = 120
    var listing = ListingLimits()
    /// How often a request is sent before it is given up.
    package var attempts = 10
    /// This machine's clock, in seconds since 1970: what a signature says and a store compares with its own.
    package var unixSeconds: @Sendable () -> Int = { SignatureTime.unixSecondsNow }

    package init() {}
}
