import ObjectStore
import ScratchSpace
import SystemPackage
import Testing

struct StoreURLTests {
    @Test(
        "A URL that names no absolute directory is refused",
        arguments: [
            "", "/srv/mirror", "srv/mirror", "file:", "file:/srv/mirror", "file:srv", "file://", "file:///",
            "file:////",
            "file://localhost/srv/mirror", "file://srv/mirror", "file://./mirror", "file:///srv/../mirror",
            "file:///srv/./mirror", "file:///srv/%2E%2E/mirror", "file:///srv/mirror?x=1", "file:///srv/mirror#x",
            "file:///srv/%", "file:///srv/%4", "file:///srv/%zz", "file:///srv/%+1", "file:///srv/%00",
            "file:///srv/%0A",
            "file:///srv/%FF", "ftp://host/path", "ssh://host/path", ":", "://",
        ])
    func refused(url: String) {
        let error = #expect(throws: StoreError.self) { try ObjectStores.open(url: url) }
        #expect(error?.kind == .invalid)
    }

    @Test(
        "What looks like a bucket's address is refused with a hint, and no secret is repeated",
        arguments: ["s3", "S3", "r2", "https"])
    func otherSchemes(scheme: String) {
        let error = #expect(throws: StoreError.self) {
            try ObjectStores.open(url: "\(scheme)://key:topsecret@host/bucket")
        }
        #expect(error?.kind == .invalid)
        #expect(error?.hint != nil)
        #expect("\(error.map(String.init(reflecting:)) ?? "")".contains("topsecret") == false)
    }

    @Test("Of several endpoints the one that was asked for goes first, then the URL's own")
    func endpoints() throws {
        var settings = S3Settings()
        settings.endpoint = "https://configured.example"
        let plain = "s3://bucket/prefix"
        let named = "\(plain)?endpoint=https://named.example"
        #expect(try S3Location(url: plain, settings: settings).url.hasSuffix("https://configured.example"))
        #expect(try S3Location(url: named, settings: settings).url.hasSuffix("https://named.example"))
        settings.onlyEndpoint = "https://asked.example"
        for url in [plain, named] {
            #expect(try S3Location(url: url, settings: settings).url == "\(plain)?endpoint=https://asked.example")
        }
        let scratch = try ScratchDirectory()
        let error = #expect(throws: StoreError.self) {
            try ObjectStores.create(url: "file://\(scratch.path)", s3: settings)
        }
        #expect(error?.kind == .invalid, "a directory has no endpoint")
    }

    @Test("Percent-encoding is undone for the path and done again for the URL")
    func encoding() throws {
        // given
        let scratch = try ScratchDirectory()
        let url = "FILE://\(scratch.path)/my%20disk/100%25%23%3f/gr%C3%BCn/"
        // when
        let store = try ObjectStores.create(url: url)
        // then
        #expect(tree(scratch.path).contains("my disk/100%#?/grün/.devjournal-store/format-1"))
        #expect(store.url == "file://\(scratch.path)/my%20disk/100%25%23%3F/gr%C3%BCn")
        #expect(try ObjectStores.open(url: store.url).url == store.url)
    }
}
