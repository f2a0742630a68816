import DurableFiles
import ScratchSpace
import SystemPackage
import Testing

@testable import Restoring

@Suite("What is known of a received snapshot because it was compared")
struct ComparedSnapshotTests {
    private let known = ComparedSnapshot(
        uuid: Array(0..<16), generation: 42, tree: String(repeating: "a", count: 64), apparentBytes: 5000)

    private func subvolume(
        uuid: [UInt8] = Array(0..<16), generationAtCreation: UInt64 = 42, isReadOnly: Bool = true
    ) -> Subvolume {
        Subvolume(
            uuid: uuid, parentUUID: nil, receivedUUID: nil, id: 300, generation: 50,
            generationAtCreation: generationAtCreation, isReadOnly: isReadOnly, owner: 0)
    }

    @Test("It is a line of text, and is read back as it was")
    func text() {
        #expect(known.text == "000102030405060708090a0b0c0d0e0f 42 \(known.tree) 5000\n")
        #expect(ComparedSnapshot(known.text) == known)
    }

    @Test("Anything else is none")
    func otherTexts() {
        let line = known.text
        for text in [
            "", "\n", String(line.dropLast()), line + "x", line + line, "g" + line.dropFirst(), " " + line,
            line.replacing("42", with: "042"), line.replacing(" 42", with: ""), line.replacing("5000", with: "+5000"),
        ] { #expect(ComparedSnapshot(text) == nil, "\(text)") }
    }

    @Test("It is of that subvolume alone, read-only, with that tree, and not made later")
    func whose() {
        #expect(known.isOf(subvolume(), tree: known.tree))
        #expect(!known.isOf(subvolume(uuid: Array(1..<17)), tree: known.tree))
        #expect(!known.isOf(subvolume(generationAtCreation: 43), tree: known.tree))
        #expect(!known.isOf(subvolume(isReadOnly: false), tree: known.tree))
        #expect(!known.isOf(subvolume(), tree: String(repeating: "b", count: 64)))
    }

    @Test("It is kept for root alone, and a damaged line counts as none")
    func kept() throws {
        let scratch = try ScratchDirectory()
        let records = ComparedSnapshots(directory: scratch.path.appending("compared"))
        #expect(records["dev@2026-01"] == nil)
        try records.record(known, as: "dev@2026-01")
        #expect(records["dev@2026-01"] == known)
        let file = records.directory.appending("dev@2026-01")
        #expect(try file.stat().permissions == .ownerReadWrite)
        try plant(file, Array(known.text.utf8.dropLast(2)))
        #expect(records["dev@2026-01"] == nil)
    }
}
