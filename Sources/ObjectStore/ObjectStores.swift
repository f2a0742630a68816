/// Finds the store that a URL names. One place decides which schemes there are.
package enum ObjectStores {
    /// Opens a store that exists. Messages never repeat the URL, which may hold a secret.
    package static func open(url: String, s3: S3Settings = S3Settings()) throws(StoreError) -> any ObjectStore {
        switch try scheme(of: url, s3) {
        case .file(let rest): try DirectoryStore(FileURL(afterScheme: rest))
        case .s3: try S3Store.open(S3Location(url: url, settings: s3), s3)
        }
    }

    /// Makes a store where there is none; one that exists is opened.
    package static func create(url: String, s3: S3Settings = S3Settings()) throws(StoreError) -> any ObjectStore {
        switch try scheme(of: url, s3) {
        case .file(let rest): try DirectoryStore.create(FileURL(afterScheme: rest))
        case .s3: try S3Store.create(S3Location(url: url, settings: s3), s3)
        }
    }

    /// A store to be examined: an S3 bucket is not even asked whether it is there.
    package static func examine(
        url: String, s3: S3Settings = S3Settings()
    ) throws(StoreError) -> any ExaminedStore {
        switch try scheme(of: url, s3) {
        case .file(let rest): try DirectoryStore(FileURL(afterScheme: rest))
        case .s3: try S3Store.unasked(S3Location(url: url, settings: s3), s3)
        }
    }

    private enum Scheme {
        case file(afterScheme: Substring)
        case s3
    }

    private static func scheme(of url: String, _ s3: S3Settings) throws(StoreError) -> Scheme {
        let hint = "write file:///path/to/store or s3://BUCKET/PREFIX"
        guard let colon = url.firstIndex(of: ":") else { throw .invalid("the store is not named by a URL", hint: hint) }
        switch url[..<colon].lowercased() {
        case "file" where s3.onlyEndpoint != nil:
            throw .invalid("an endpoint is a bucket's, and this store is a directory")
        case "file": return .file(afterScheme: url[url.index(after: colon)...])
        case "s3": return .s3
        case "r2", "https", "http":
            throw .invalid(
                "a bucket is not named by its address",
                hint: "write MIRROR=s3://BUCKET/PREFIX and S3_ENDPOINT=https://HOST")
        default:
            throw .invalid("the URL's scheme is not known", hint: hint)
        }
    }
}
