"""All questions of the smoke test, by key."""

from tools.smoke.answers import Question
from tools.smoke.questions.msk_clients import CLIENTS
from tools.smoke.questions.msk_clusters import CLUSTERS
from tools.smoke.questions.review import REVIEW

QUESTIONS: dict[str, Question] = {one.key: one for one in (*REVIEW, *CLUSTERS, *CLIENTS)}
