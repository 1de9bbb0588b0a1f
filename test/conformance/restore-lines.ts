/** The lines about restoring and about savepoints, and where tidemark does otherwise. */
import type { Lines } from './catalogue.ts'

export const restoring: Lines = {
  H1: 'Only subtasks that had state are given state to restore.',
  H2: 'Where a snapshot is required and there is none, nothing starts.',
  H3: 'A vertex that the snapshot knows nothing of starts empty, whether state may be dropped or not.',
  H4: 'State of an operator that the program does not have is refused, unless it may be dropped.',
  H5: 'A restored subtask learns the id of the checkpoint and gets exactly the handles that it wrote, shared files included.',
  H6: 'State is redistributed when the parallelism grows or shrinks.',
  H7: 'Another maximum parallelism that the program sets is refused; one that it does not set is taken from the state.',
  H8: 'State that cannot be divided refuses another parallelism.',
  H9: 'State finds its operator by uid after operators without state came and went and chains changed their length.',
  H10: 'What had finished is restored as finished, and refused behind something that would still feed it.',
  H11: 'After a restore from a savepoint ids of checkpoints go on above its own.',
  H12: 'A path without a snapshot and a file of rubbish are each reported by name.',
}

export const savepoints: Lines = {
  J1: 'A savepoint is one directory with its metadata and every state file that it needs.',
  J2: 'A job goes on from a savepoint with its state; disposing of the savepoint removes its directory.',
  J3: 'Who may delete the snapshot that a job started from is a choice: claim it, leave it alone, or the old mixture.',
  J4: 'A savepoint that was moved is restored from its new path.',
  J5: 'A savepoint under a path with random parts works, and disposing of it removes it.',
  J6: 'Asking for a savepoint of a job that does not exist fails with the id of that job.',
  J7: 'A job that is no streaming job refuses savepoints.',
  J8: 'Savepoints work with periodic checkpoints switched off.',
  J9: 'A job submitted with an unknown savepoint path fails once, and is not restarted.',
  J10: 'A program whose stateless operators changed around a stateful one with a uid is restored.',
  J11: 'Stopping without a drain calls no end of data, however operators are chained; with a drain it calls it on all.',
  J12: 'A drain ends the data before the snapshot is taken.',
  J13: 'When the snapshot of a stop fails, the client gets the failure of the checkpoint, and the job runs again.',
  J14: 'When a stop fails after its savepoint, the client gets an error with the path, and the job does not just run on unnoticed.',
  J15: 'When the metadata of a drain cannot be written, the client gets an error and every subtask is restarted.',
  J16: 'A job with a cycle takes savepoints and is restored.',
}

export const notApplicable: Readonly<Record<string, string>> = {
  J5: 'because savepoints are directories of a file system: there is no object store whose paths would get random parts.',
  J7: 'because there is no other kind of job: a bounded job runs in the same way, and takes savepoints.',
  J16: 'because a program has no cycles: the streams of a program can only be joined to later ones.',
}

export const differs: Readonly<Record<string, string>> = {
  H12: 'the submission is refused, so that there is no job that could fail.',
  J1: 'so is a self-contained one; the default is a pointer that pins its checkpoint, whose directory has the pointer alone.',
  J3: 'there is no mixture: the mode `legacy` is refused.',
  J4: 'a self-contained one may go anywhere; of a pointer the state files are not in its directory, and move on their own.',
  J9: 'the submission is refused, so that there is no job that could fail or be restarted.',
  J13: 'a job that tolerates the failure goes on without a restart.',
}
