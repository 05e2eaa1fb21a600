"""Classifiers of scikit-learn for the few-shot study (SCIENCE 8.3)."""

import numpy as np


class Classic:
    """nearest | logistic | svm, with the settings of the anchors."""

    has_scores = property(lambda self: self.kind == "logistic")

    def __init__(self, kind, seed):
        from sklearn.linear_model import LogisticRegression
        from sklearn.neighbors import KNeighborsClassifier
        from sklearn.svm import SVC

        self.kind = kind
        self.model = {
            "nearest": lambda: KNeighborsClassifier(1),
            "logistic": lambda: LogisticRegression(max_iter=300),
            "svm": lambda: SVC(C=10, gamma=0.02, random_state=seed % 2**32),
        }[kind]()

    def fit(self, x, y):
        self.model.fit(x, y)
        return self

    def answers(self, x):
        return self.model.predict(x).astype(np.int64)

    def scores(self, x, classes):
        """Log probabilities; a class that was never seen gets next to none."""
        if not self.has_scores:
            return None
        y = np.full((len(x), classes), np.log(1e-30))
        y[:, self.model.classes_] = np.maximum(
            self.model.predict_log_proba(x), np.log(1e-30))
        return y
