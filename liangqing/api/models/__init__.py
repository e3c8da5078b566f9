from liangqing.api.models.client import Answer, Client, Usage
from liangqing.api.models.webhook import Delivery, Place, Webhook

__all__ = ["Answer", "Client", "Delivery", "Place", "Usage", "Webhook"]
