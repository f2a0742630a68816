import Digest
import JournalFormat
import Sodium

/// A line that is pasted to replace a root has one spelling, whatever stands in it, and what can be endorsed can be asked.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzRootLines(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let text = String(validating: fuzzInput(start, count), as: UTF8.self) else { return 0 }
    if let request = RootRequest(text) {
        require(request.text.utf8.elementsEqual(text.utf8), "a request is written as it was read")
        require(EndorsedRoot(text) == nil, "a request is not an endorsement")
    }
    guard let endorsed = EndorsedRoot(text) else { return 0 }
    require(endorsed.text.utf8.elementsEqual(text.utf8), "an endorsement is written as it was read")
    let asked = endorsed.replacement
    require(RootReplacement.reasonLengths.contains(asked.reason.utf8.count), "a reason is neither empty nor endless")
    require(asked.baseSize > 0, "it stands after a record")
    var seed = SHA256.hash(Array("a new root".utf8).span).bytes
    let root = Ed25519.SigningKey(seed: SecretBytes(moving: &seed))
    let request = RootRequest(
        log: endorsed.log,
        replacement: RootReplacement(
            root: root.publicKey, baseSize: asked.baseSize, baseHead: asked.baseHead, reason: asked.reason),
        proof: ProofOfPossession.make(root, log: endorsed.log, role: .root))
    require(RootRequest(request.text) == request, "a request that was written can be read")
    return 0
}
