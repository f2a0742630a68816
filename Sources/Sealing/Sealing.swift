// From a Btrfs send stream to an artifact, and back, in one pass and bounded memory.
//
//     producer ─▶ inspect ─▶ zstd frames of 4 MiB ─▶ age ─▶ hash ─▶ temporary file ─▶ (event) ─▶ name
//     file ─▶ hash against the journal ─▶ age ─▶ zstd ─▶ inspect ─▶ consumer
//
// `Sealer` and `SealPipeline` make artifacts; `Opener` and `OpenPipeline` open them; stock `age` and `zstd` do the same.
// The stages are threads that hand blocks on. `SendStreamInspector` checks the framing, `StreamTree` refuses what no
// honest send makes: each command is compared with the tree that the commands before it have made. `StreamRelay` hands
// streams from a server to receivers, and lets no byte through whose frame a workstation's key has not signed.
//
// A producer that fails never becomes an artifact: the file has its name only after the producer ended well and its event
// is durable.
