"""What runs every so often."""
from datetime import datetime, timedelta


class Job:
    def __init__(self, name, every, run):
        self.name, self.every, self.run = name, every, run
        self.next = datetime.utcnow() + every
        self.errors = 0


class Jobs:
    def __init__(self):
        self.jobs = []

    def every(self, minutes, name, run):
        self.jobs.append(Job(name, timedelta(minutes=minutes), run))

    def tick(self):
        """Run what is due; an error of one doesn't keep the others."""
        done = []
        for job in self.jobs:
            if datetime.utcnow() < job.next:
                continue
            try:
                job.run()
                job.errors = 0
            except Exception:
                job.errors += 1
            job.next = datetime.utcnow() + job.every * (1 + job.errors)
            done.append(job.name)
        return done
