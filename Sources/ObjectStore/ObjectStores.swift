/// Finds the store that a URL names. One place decides which schemes there are.
package enum ObjectStores {
    /// Opens a store that exists. Messages never repeat the URL, which may hold a secret.
    package static func open(url: String) throws(StoreError) -> any ObjectStore {
        try DirectoryStore(FileURL(afterScheme: pathOfFileURL(url)))
    }

    /// Makes a store where there is none; one that exists is opened.
    package static func create(url: String) throws(StoreError) -> any ObjectStore {
        try DirectoryStore.create(FileURL(afterScheme: pathOfFileURL(url)))
    }

    private static func pathOfFileURL(_ url: String) throws(StoreError) -> Substring {
        let hint = "write file:///path/to/store"
        guard let colon = url.firstIndex(of: ":") else { throw .invalid("the store is not named by a URL", hint: hint) }
        switch url[..<colon].lowercased() {
        case "file":
            return url[url.index(after: colon)...]
        case "s3", "r2", "https", "http":
            throw .invalid(
                "this version has no store for \(url[..<colon].lowercased()) URLs",
                hint: "S3 and R2 are not in this version; use a directory: file:///path/to/store")
        default:
            throw .invalid("the URL's scheme is not known", hint: hint)
        }
    }
}
