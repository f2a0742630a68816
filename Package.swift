// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

let tests: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .treatAllWarnings(as: .error),
]

// Scripts run one process an event, so start-up counts: no shared libstdc++ and libgcc to load, nothing to relocate, no
// table of symbols that nobody looks up. Together 1.3 of 5 ms. lld, because gold reads no `-l` in a linker script.
let quickStart: LinkerSetting = .unsafeFlags(
    [
        "-use-ld=lld", "-L", "\(Context.packageDirectory)/tools/link", "-Xclang-linker", "-static-libgcc",
        "-Xclang-linker", "-no-pie", "-Xlinker", "--no-export-dynamic",
    ], .when(configuration: .release))

let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let processes: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "devjournal",
    products: [.executable(name: "devjournal", targets: ["devjournal"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    ],
    targets: [
        // System libraries: a module map and a shim, nothing else.
        .systemLibrary(name: "CSodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CLzo", providers: [.apt(["liblzo2-dev"])]),
        .systemLibrary(name: "CCrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "CLinux"),
        .target(name: "CCRC32C"),
        // Only its headers: the library is loaded by the commands that need it.
        .target(name: "CCurl"),
        // Files of this repository that the binary carries with it.
        .target(name: "CCarried"),

        // Owners of their handles.
        .target(
            name: "Sodium", dependencies: ["CSodium"], swiftSettings: strict,
            linkerSettings: [.linkedLibrary(":libsodium.a")]),
        .target(
            name: "Digest", dependencies: ["CCrypto"], swiftSettings: strict,
            linkerSettings: [.linkedLibrary(":libcrypto.a")]),
        .target(
            name: "Cipher", dependencies: ["CCrypto", "Sodium"], swiftSettings: strict,
            linkerSettings: [.linkedLibrary(":libcrypto.a")]),
        // The shared library: Debian builds the archive without threads. It costs 0.08 ms at start-up.
        .target(
            name: "Zstd", dependencies: ["CZstd"], swiftSettings: strict,
            linkerSettings: [.linkedLibrary("zstd")]),
        .target(
            name: "EncodedExtents", dependencies: ["CZlib", "CLzo", "Zstd"], swiftSettings: strict,
            linkerSettings: [.linkedLibrary(":libz.a"), .linkedLibrary(":liblzo2.a")]),
        .target(name: "Curl", dependencies: ["CCurl"], swiftSettings: strict),
        // Tells a service outside how a job goes.
        .target(name: "Ping", dependencies: ["Curl"], swiftSettings: strict),
        .target(name: "DurableFiles", dependencies: ["CLinux", system], swiftSettings: strict),
        .target(name: "Threads", swiftSettings: strict),

        .target(name: "VisibleText", swiftSettings: strict),

        // The pure core: bytes and values, no file, no clock, no network.
        .target(name: "JournalFormat", dependencies: ["Sodium", "Digest"], swiftSettings: strict),
        .target(name: "Backup", dependencies: ["JournalFormat", "Digest"], swiftSettings: strict),
        .target(name: "Catalogue", dependencies: ["Digest"], swiftSettings: strict),

        // The shell around it.
        .target(
            name: "JournalStore",
            dependencies: ["JournalFormat", "DurableFiles", "Digest", "Sodium", "Threads", "CLinux", system],
            swiftSettings: strict),
        // The journal of backups: what the lines of the one mean to the other.
        .target(
            name: "BackupJournal",
            dependencies: ["Backup", "JournalStore", "JournalFormat", "DurableFiles", "Digest", system],
            swiftSettings: strict),
        .target(
            name: "Age",
            dependencies: [
                "Cipher", "Sodium",
            ], swiftSettings: strict),
        .target(
            name: "Sealing",
            dependencies: [
                "Age", "Sodium", "Cipher", "Catalogue", "EncodedExtents", "Zstd", "Digest", "DurableFiles", "Threads",
                "CCRC32C",
                "CLinux", "VisibleText", processes, system,
            ],
            swiftSettings: strict),
        .target(
            name: "TreeHash", dependencies: ["Catalogue", "Digest", "DurableFiles", "Threads", "CLinux", system],
            swiftSettings: strict),
        .target(
            name: "ObjectStore",
            dependencies: ["Curl", "Sodium", "Digest", "DurableFiles", "Threads", "CLinux", system],
            swiftSettings: strict),
        .target(
            name: "RecoveryKit", dependencies: ["Age", "JournalFormat", "Sodium", system],
            swiftSettings: strict
        ),
        .target(
            name: "Mirror",
            dependencies: [
                "Age", "Backup", "BackupJournal", "JournalFormat", "JournalStore", "ObjectStore", "DurableFiles",
                "Digest",
                "RecoveryKit", "Sodium", "Threads",
                system,
            ],
            swiftSettings: strict),

        // The application: what commands do. Each throws its own errors and is given clock, reporter and programs.
        .target(
            name: "Machines",
            dependencies: [
                "Age", "Backup", "BackupJournal", "CLinux", "Digest", "DurableFiles", "JournalFormat", "JournalStore",
                "ObjectStore", "Sealing", "Sodium", "Threads", "VisibleText", processes, system,
            ],
            swiftSettings: strict),

        .target(
            name: "Artifacts",
            dependencies: [
                "Machines", "Age", "Backup", "BackupJournal", "CCarried", "Catalogue", "CLinux", "Digest",
                "DurableFiles",
                "JournalFormat", "JournalStore", "Mirror", "ObjectStore", "Sealing", "TreeHash", "Zstd", system,
            ],
            swiftSettings: strict),

        .target(
            name: "Restoring",
            dependencies: [
                "Artifacts", "Machines", "Age", "Backup", "BackupJournal", "Catalogue", "CLinux", "Digest",
                "DurableFiles",
                "JournalFormat",
                "JournalStore", "Sealing", "Threads", "TreeHash", "VisibleText", system,
            ],
            swiftSettings: strict),

        .target(
            name: "Browsing",
            dependencies: [
                "Restoring", "Artifacts", "Machines", "Age", "Backup", "BackupJournal", "Catalogue", "CLinux", "Digest",
                "EncodedExtents",
                "DurableFiles", "JournalFormat", "JournalStore", "Mirror", "ObjectStore", "Sealing", "TreeHash",
                "VisibleText", "Zstd", system,
            ], swiftSettings: strict),

        .target(
            name: "Recovery",
            dependencies: [
                "Artifacts", "Machines", "Age", "Backup", "BackupJournal", "Curl", "Digest", "DurableFiles",
                "JournalFormat",
                "JournalStore",
                "Mirror", "ObjectStore", "RecoveryKit", "Sodium", system,
            ],
            swiftSettings: strict),

        .target(
            name: "Serving",
            dependencies: [
                "Browsing", "Artifacts", "Restoring", "Machines", "Backup", "BackupJournal", "CLinux", "DurableFiles",
                "JournalFormat",
                "JournalStore", "Threads", system,
            ],
            swiftSettings: strict),

        .target(
            name: "Months",
            dependencies: [
                "Artifacts", "Restoring", "Machines", "Backup", "Digest", "DurableFiles", "JournalFormat", "Sealing",
                "TreeHash",
                system,
            ],
            swiftSettings: strict),

        .executableTarget(
            name: "devjournal",
            dependencies: [
                "Months", "Artifacts", "Restoring", "Browsing", "Machines", "Recovery", "Serving", "Backup",
                "BackupJournal", "JournalFormat", "Catalogue",
                "JournalStore", "Sealing", "Mirror", "RecoveryKit", "Age", "ObjectStore", "Sodium", "Digest",
                "TreeHash", "DurableFiles", "CLinux", "Ping", "VisibleText", arguments, system,
            ],
            swiftSettings: strict, linkerSettings: [quickStart]),

        .testTarget(
            name: "JournalFormatTests", dependencies: ["JournalFormat", "JournalFixtures", "Sodium", "Digest"],
            swiftSettings: tests),
        .testTarget(
            name: "BackupTests",
            dependencies: ["Backup", "JournalFormat", "JournalFixtures", "Sodium", "Digest", "StockTools"],
            swiftSettings: tests),
        .testTarget(
            name: "JournalStoreTests",
            dependencies: [
                "JournalStore", "JournalFormat", "Backup", "BackupJournal", "JournalFixtures", "ScratchSpace",
                "DurableFiles", "Sodium", "Digest", system, "StockTools",
            ],
            swiftSettings: tests),
        .testTarget(
            name: "ProofTests", dependencies: ["JournalFormat", "Sodium", "Digest"], swiftSettings: tests),
        .testTarget(name: "CatalogueTests", dependencies: ["Catalogue", "Digest", "PlainTree"], swiftSettings: tests),
        .testTarget(name: "PingTests", dependencies: ["Ping"], swiftSettings: tests),
        .testTarget(name: "DigestTests", dependencies: ["Digest"], swiftSettings: tests),
        .testTarget(
            name: "DurableFilesTests", dependencies: ["DurableFiles", "ScratchSpace", "StockTools", system],
            swiftSettings: tests),
        .testTarget(
            name: "ObjectStoreTests",
            dependencies: [
                "ObjectStore", "Curl", "Sodium", "DurableFiles", "Digest", "ScratchSpace", "StockTools", system,
            ],
            swiftSettings: tests),

        // For tests only: journals to start from; directories and small disks that go away again; stock programs,
        // driven as a user would.
        .target(
            name: "JournalFixtures", dependencies: ["JournalFormat", "Sodium", "Digest"], path: "Tests/JournalFixtures",
            swiftSettings: tests),
        .target(name: "StockTools", path: "Tests/StockTools", swiftSettings: tests),
        .target(
            name: "ScratchSpace", dependencies: ["StockTools", system], path: "Tests/ScratchSpace", swiftSettings: tests
        ),
        .target(
            name: "HandMadeStreams", dependencies: ["CCRC32C"], path: "Tests/Support/HandMadeStreams",
            swiftSettings: tests),
        .target(
            name: "PlainTree", dependencies: ["Catalogue"], path: "Tests/Support/PlainTree", swiftSettings: tests),
        .target(
            name: "TestMachines",
            dependencies: [
                "Machines", "Age", "Backup", "Digest", "DurableFiles", "JournalFormat", "JournalStore", "ScratchSpace",
                system,
            ], path: "Tests/Support/TestMachines", swiftSettings: tests),
        .target(
            name: "TestRestoring", dependencies: ["Restoring", "Machines", "Backup", "Digest", system],
            path: "Tests/Support/TestRestoring", swiftSettings: tests),
        .target(
            name: "TestServing",
            dependencies: [
                "TestMachines", "TestRestoring", "HandMadeStreams", "Serving", "Artifacts", "Restoring", "Machines",
                "Sealing", "TreeHash", "Backup", "DurableFiles", "JournalFormat", "ScratchSpace", system,
            ], path: "Tests/Support/TestServing", swiftSettings: tests),
        .testTarget(name: "VisibleTextTests", dependencies: ["VisibleText"], swiftSettings: tests),
        .testTarget(
            name: "EncodedExtentsTests", dependencies: ["EncodedExtents", "StockTools"], swiftSettings: tests),
        .testTarget(name: "ZstdTests", dependencies: ["Zstd", "StockTools"], swiftSettings: tests),
        .testTarget(
            name: "SealingTests",
            dependencies: [
                "Sealing", "HandMadeStreams", "Age", "Catalogue", "EncodedExtents", "Zstd", "Digest", "DurableFiles",
                "CCRC32C",
                processes,
                "StockTools", system,
            ],
            swiftSettings: tests),
        .testTarget(
            name: "TreeHashTests",
            dependencies: ["TreeHash", "Digest", "DurableFiles", "ScratchSpace", system, "StockTools"],
            swiftSettings: tests),
        .target(
            name: "HandMadeBytes", dependencies: ["Sodium", "Digest"], path: "Tests/Support/HandMadeBytes",
            swiftSettings: tests),
        .testTarget(
            name: "CipherTests", dependencies: ["Cipher", "HandMadeBytes", "Sodium"], swiftSettings: tests),
        .testTarget(name: "SodiumTests", dependencies: ["HandMadeBytes", "Sodium"], swiftSettings: tests),
        .testTarget(name: "AgeTests", dependencies: ["Age", "Sodium", "StockTools"], swiftSettings: tests),
        .testTarget(
            name: "ArtifactsTests",
            dependencies: [
                "Artifacts", "Machines", "TestMachines", "HandMadeStreams", "Backup", "DurableFiles",
                "JournalFormat", "JournalStore", "Mirror", "ScratchSpace", "Sealing", "StockTools", system,
            ], swiftSettings: tests),
        .testTarget(
            name: "BrowsingTests",
            dependencies: [
                "Browsing", "Artifacts", "Restoring", "Machines", "TestMachines", "TestServing", "Backup", "Catalogue",
                "Digest", "DurableFiles", "JournalFormat", "ObjectStore", "ScratchSpace", "Sealing", system,
            ],
            swiftSettings: tests),
        .testTarget(
            name: "MonthsTests",
            dependencies: [
                "Months", "Artifacts", "Restoring", "Machines", "TestMachines", "TestServing", "HandMadeStreams",
                "Backup",
                "JournalFormat", "ScratchSpace", "Sealing", system,
            ], swiftSettings: tests),
        .testTarget(
            name: "RestoringTests",
            dependencies: [
                "Restoring", "Artifacts", "Machines", "TestMachines", "TestRestoring", "HandMadeStreams", "Sealing",
                "Backup", "Digest", "DurableFiles", "JournalFormat", "JournalStore",
                "ScratchSpace", "StockTools", "TreeHash", system,
            ], swiftSettings: tests),
        .testTarget(
            name: "MachinesTests",
            dependencies: [
                "Machines", "TestMachines", "Backup", "BackupJournal", "DurableFiles", "JournalFixtures",
                "JournalFormat", "JournalStore",
                "ScratchSpace", system,
            ], swiftSettings: tests),
        .testTarget(
            name: "RecoveryTests",
            dependencies: [
                "Recovery", "Artifacts", "Machines", "TestMachines", "Age", "BackupJournal", "Digest", "DurableFiles",
                "JournalFormat", "JournalStore", "Mirror", "ObjectStore", "RecoveryKit", "ScratchSpace", "Sodium",
                system,
            ], swiftSettings: tests),
        .testTarget(
            name: "ServingTests",
            dependencies: [
                "Serving", "Browsing", "Artifacts", "Machines", "Recovery", "Restoring", "TestMachines", "TestServing",
                "Backup", "DurableFiles", "JournalFormat", "JournalStore", "ScratchSpace", "StockTools", system,
            ], swiftSettings: tests),
        .testTarget(
            name: "RecoveryKitTests",
            dependencies: ["RecoveryKit", "Age", "JournalFormat", "Sodium", "StockTools"],
            swiftSettings: tests),
        .testTarget(
            name: "MirrorTests",
            dependencies: [
                "Mirror", "BackupJournal", "Age", "Backup", "JournalFormat", "JournalStore", "ObjectStore",
                "DurableFiles", "Digest", "RecoveryKit", "Sodium", "ScratchSpace", "StockTools", "JournalFixtures",
                system,
            ],
            swiftSettings: tests),
    ]
)
