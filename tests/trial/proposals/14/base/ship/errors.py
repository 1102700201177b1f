class ApiError(Exception):
    def __init__(self, status, text=""):
        super().__init__("%d %s" % (status, text))
        self.status = status

    @property
    def may_pass(self):
        return self.status in (429, 502, 503)
